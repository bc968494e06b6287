import { join } from 'node:path';
import { stackPaths, root } from './paths.ts';
import { portsOf, type Ports } from './ports.ts';
import type { ProcessSpec } from './process-spec.ts';
import { httpReady } from './readiness.ts';
import { loadSecrets, type Secrets } from './secrets.ts';
import { servers, type Installed } from './servers.ts';
import type { ServerName } from './servers/server.ts';

export interface StackOptions {
  base: number;
  /** Everything the stack writes. */
  dir: string;
  servers: readonly ServerName[];
  /** With the services and the demo data; needs all servers. */
  services: boolean;
}

/** Every process of the stack, from the server entries, the services and the tasks between them. */
export function stackSpecs(options: StackOptions, installed: Installed): ProcessSpec[] {
  const ports = portsOf(options.base);
  const secrets = loadSecrets(options.dir);
  const chosen = servers.filter(({ name }) => options.servers.includes(name));
  return [
    ...chosen.map((server): ProcessSpec => {
      const data = join(stackPaths(options.dir).data, server.name);
      const artifact = installed.artifacts[server.name];
      const { env = {}, ...run } = server.run({ ports, secrets, artifact, data, java: installed.java });
      return {
        kind: 'server',
        name: server.name,
        needs: server.needs,
        cwd: root,
        env: { ...baseEnv(), ...env },
        ...run,
      };
    }),
    ...(options.servers.includes('keycloak') ? [task('realm', ['keycloak'], options)] : []),
    ...(options.services ? serviceSpecs(ports, secrets) : []),
    ...(options.services ? [task('seed', ['tenant', 'identity', 'content', 'gateway'], options)] : []),
  ];
}

/** Where the stack's servers are, in the keys that services and tests read. */
export function serverEnv(ports: Ports): Record<'MONGO_URL' | 'KAFKA_BROKERS' | 'KEYCLOAK_URL', string> {
  return {
    MONGO_URL: `mongodb://127.0.0.1:${ports.mongo}`,
    KAFKA_BROKERS: `127.0.0.1:${ports.kafka}`,
    KEYCLOAK_URL: `http://localhost:${ports.keycloak}`,
  };
}

function serviceSpecs(ports: Ports, secrets: Secrets): ProcessSpec[] {
  const { MONGO_URL, KAFKA_BROKERS, KEYCLOAK_URL } = serverEnv(ports);
  const common = { MONGO_URL, KAFKA_BROKERS, OIDC_ISSUER: `${KEYCLOAK_URL}/realms/portal` };
  const grpc = (name: 'tenant' | 'identity' | 'content', needs: string[], env: Record<string, string> = {}) =>
    service(name, needs, `127.0.0.1:${ports[name]}`, [ports[name], ports[`${name}Metrics`]], {
      ...common,
      GRPC_ADDRESS: `127.0.0.1:${ports[name]}`,
      ...env,
    });
  return [
    grpc('tenant', ['mongo', 'kafka']),
    grpc('identity', ['mongo', 'kafka', 'realm'], {
      KEYCLOAK_CLIENT_ID: 'identity-service',
      KEYCLOAK_CLIENT_SECRET: secrets.identityClientSecret,
      BOOTSTRAP_OPERATOR: 'operator',
    }),
    grpc('content', ['mongo', 'kafka']),
    service(
      'gateway',
      ['mongo', 'kafka', 'tenant', 'identity', 'content'],
      `http://127.0.0.1:${ports.gateway}`,
      [ports.gateway, ports.gatewayMetrics],
      {
        ...common,
        HTTP_ADDRESS: `127.0.0.1:${ports.gateway}`,
        ROOT_DOMAIN: 'hcm.localhost',
        PUBLIC_ORIGIN: `http://*:${ports.gateway}`,
        TENANT_ADDRESS: `127.0.0.1:${ports.tenant}`,
        IDENTITY_ADDRESS: `127.0.0.1:${ports.identity}`,
        CONTENT_ADDRESS: `127.0.0.1:${ports.content}`,
      },
    ),
  ];
}

function service(
  name: string,
  needs: string[],
  address: string,
  [port, metricsPort]: [number, number],
  env: Record<string, string>,
): ProcessSpec {
  return {
    name,
    kind: 'service',
    command: [process.execPath, join(root, 'services', name, 'src/main.ts')],
    cwd: join(root, 'services', name),
    env: { ...baseEnv(), ...env, METRICS_ADDRESS: `127.0.0.1:${metricsPort}` },
    ports: [port, metricsPort],
    needs,
    ready: httpReady(`http://127.0.0.1:${metricsPort}/readyz`),
    readyWithinMs: 90_000, // a service waits up to 60 s for its store
    graceMs: 15_000, // its own stop is bounded by 10 s
    address,
  };
}

function task(name: 'realm' | 'seed', needs: string[], { base, dir }: StackOptions): ProcessSpec {
  return {
    name,
    kind: 'task',
    command: [process.execPath, join(import.meta.dirname, 'run-task.ts'), name, String(base), dir],
    cwd: root,
    env: baseEnv(),
    ports: [],
    needs,
    readyWithinMs: 120_000,
    graceMs: 5_000,
    address: '',
  };
}

/** A stack is the same whatever shell it is started from: of its environment only this passes on. */
function baseEnv(): Record<string, string> {
  const passed = ['PATH', 'HOME', 'USER', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'LOG_LEVEL'];
  return Object.fromEntries(passed.flatMap((key) => (process.env[key] === undefined ? [] : [[key, process.env[key]]])));
}
