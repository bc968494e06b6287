// A supervisor process over small scripts: `node tiny-supervisor.ts <stack folder> [owned]`.
import { superviseStack } from '../supervisor-process.ts';
import { createScripts } from './scripts.ts';

const [, , dir = '', mode] = process.argv;
const { spec } = createScripts(dir);
await superviseStack({
  base: 8080,
  dir,
  specs: () =>
    Promise.resolve([
      spec('store', 'report store-pid-$$; sleep 0.1; stay'),
      spec('stubborn', `trap '' TERM; report stubborn-pid-$$; ready; while :; do sleep 0.02; done`, { graceMs: 200 }),
      spec('service', 'report service-pid-$$; stay', { needs: ['store', 'stubborn'] }),
    ]),
  owned: mode === 'owned',
});
