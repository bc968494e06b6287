// Checks proto/ against the rules of the contracts. Prints one line per fault; exits 1 when there is any.
import { fileURLToPath } from 'node:url';
import { lintProtos } from '../packages/contracts/scripts/proto-lint/lint.ts';

const faults = lintProtos(fileURLToPath(new URL('../proto', import.meta.url)));
for (const fault of faults) console.error(`proto/${fault}`);
if (faults.length > 0) process.exit(1);
