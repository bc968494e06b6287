import { readFileSync } from 'node:fs';

export interface Endpoints {
  mongoUrl: string;
  kafkaBrokers: string[];
  keycloakUrl: string;
  /** As tokens spell it. */
  issuer: string;
}

/** The servers of this test run. Throws Error naming a key that the environment lacks. */
export function endpoints(): Endpoints {
  const keycloakUrl = fromEnv('KEYCLOAK_URL');
  return {
    mongoUrl: fromEnv('MONGO_URL'),
    kafkaBrokers: fromEnv('KAFKA_BROKERS').split(','),
    keycloakUrl,
    issuer: `${keycloakUrl}/realms/portal`,
  };
}

/** Secrets of the test servers: a JSON file, and the path it was read from. */
export function testSecrets(): { path: string; keycloakAdminPassword: string; identityClientSecret: string } {
  const path = fromEnv('PORTAL_TEST_SECRETS');
  const secrets = JSON.parse(readFileSync(path, 'utf8')) as {
    keycloakAdminPassword: string;
    identityClientSecret: string;
  };
  return { path, ...secrets };
}

function fromEnv(key: string): string {
  const value = process.env[key];
  if (value === undefined || value === '') {
    throw new Error(`${key} is not set: the test servers were not started (TEST_SERVERS=none?)`);
  }
  return value;
}
