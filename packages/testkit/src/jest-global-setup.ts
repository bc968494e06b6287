import type { Stack } from '@portal/local';

declare global {
  var portalTestStack: Stack | undefined;
}

const endpoints = ['MONGO_URL', 'KAFKA_BROKERS', 'KEYCLOAK_URL'] as const;

/**
 * Gives the whole run its servers: `TEST_SERVERS=env` takes those named by MONGO_URL, KAFKA_BROKERS, KEYCLOAK_URL
 * (and PORTAL_TEST_SECRETS), `local` starts processes of our own, `none` starts nothing, for tests that need none.
 * By default `env` when all three are set, else `local`.
 */
export default async function setup(): Promise<void> {
  const missing = endpoints.filter((key) => !process.env[key]);
  const source = process.env['TEST_SERVERS'] ?? (missing.length === 0 ? 'env' : 'local');
  switch (source) {
    case 'none':
      return;
    case 'env':
      if (missing.length > 0) throw new Error(`TEST_SERVERS=env needs ${missing.join(', ')} in the environment`);
      return;
    case 'local': {
      const { startStack } = await import('@portal/local');
      globalThis.portalTestStack = await startStack({ log: (line) => process.stderr.write(`${line}\n`) });
      Object.assign(process.env, globalThis.portalTestStack.env);
      return;
    }
    case 'containers':
      throw new Error('TEST_SERVERS=containers is not there yet; use env or local');
    default:
      throw new Error(`TEST_SERVERS must be env, local, containers or none, not ${source}`);
  }
}
