// A task of the stack as a process of its own: `node run-task.ts realm|seed <base port> <stack folder>`.
import { portsOf } from './ports.ts';
import { loadSecrets } from './secrets.ts';

const [, , name, base, dir = ''] = process.argv;
const ports = portsOf(Number(base));
const secrets = loadSecrets(dir);
const log = (line: string) => process.stdout.write(`${line}\n`);

if (name === 'realm') {
  const { reconcileRealm } = await import('./keycloak.ts');
  await reconcileRealm({
    baseUrl: `http://127.0.0.1:${ports.keycloak}`,
    secrets,
    publicUrl: `http://quantri.hcm.localhost:${ports.gateway}`,
    internalUrl: `http://127.0.0.1:${ports.gateway}`,
    log,
  });
} else if (name === 'seed') {
  const { seed } = await import('./seed.ts');
  await seed({ dir, ports, log });
} else {
  throw new Error(`no task is called ${name}`);
}
