// The supervisor's own process: `node supervise.ts '<StackOptions as JSON>' [owned]`. Standard output is its log.
import { install } from './servers.ts';
import { stackSpecs, type StackOptions } from './stack-specs.ts';
import { superviseStack } from './supervisor-process.ts';

const options = JSON.parse(process.argv[2] ?? '') as StackOptions;
await superviseStack({
  base: options.base,
  dir: options.dir,
  specs: async (log) => stackSpecs(options, await install(log)),
  owned: process.argv[3] === 'owned',
});
