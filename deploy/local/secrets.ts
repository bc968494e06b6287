import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { stackPaths } from './paths.ts';

const keys = [
  'keycloakAdminPassword',
  'gatewayClientSecret',
  'servicesClientSecret',
  'identityClientSecret',
  'securityMonitorSecret',
  'demoPassword',
  'demoTotpSeed',
] as const;

export type Secrets = Readonly<Record<(typeof keys)[number], string>>;

/**
 * The stack's secrets, generated at its first start into a file that only its owner may read.
 * A key that an older file lacks is added.
 */
export function loadSecrets(dir: string): Secrets {
  const path = stackPaths(dir).secrets;
  const known = readSecrets(path);
  const secrets = Object.fromEntries(keys.map((key) => [key, known[key] ?? randomBytes(24).toString('base64url')]));
  if (keys.some((key) => known[key] === undefined)) {
    mkdirSync(dir, { recursive: true });
    writeFileSync(`${path}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path); // whole or not at all
  }
  return secrets as Secrets;
}

function readSecrets(path: string): Partial<Secrets> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Partial<Secrets>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
