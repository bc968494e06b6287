import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { identityContract } from '@portal/contracts';
import { createGrpcClient } from '@portal/runtime';
import {
  createFacts,
  createPerson,
  eventually,
  keycloakAdmin,
  onCleanup,
  refusalOf,
  startStack,
  testNames,
} from '@portal/testkit';
import type { Facts, Stack } from '@portal/testkit';
import {
  clientOf,
  createSignedIn,
  eventuallyPasses,
  identityConfig,
  movableClock,
  school,
  startIdentity,
  units,
} from './_identity.ts';
import type { IdentityClient, Person } from './_identity.ts';

// Keycloak frozen and the service killed in the middle of its work: servers of this file's own.
const names = testNames(import.meta.url);
const clock = movableClock();

let stack: Stack;
let facts: Facts;
let identity: IdentityClient;
let operator: Person;

beforeAll(async () => {
  stack = await startStack({});
  onCleanup(() => stack.stop());
  Object.assign(process.env, stack.env);
  facts = createFacts(names);
  await facts.grantsAndUnits({ units });
  operator = await createSignedIn({ secondFactor: true });
  identity = clientOf(await startIdentity(names, { bootstrapOperator: operator.username }, clock));
  await eventually(() => identity.listGrants({ unitId: '' }, operator.as), { timeoutMs: 30_000 });
}, 240_000);

/** Runs `work` while Keycloak takes connections and answers nothing. */
async function withoutKeycloak<T>(work: () => Promise<T>): Promise<T> {
  const keycloak = stack.process('keycloak');
  keycloak.freeze();
  try {
    return await work();
  } finally {
    keycloak.thaw();
  }
}

const rolesOf = async (personId: string): Promise<string[]> =>
  (await keycloakAdmin().get<{ name: string }[]>(`/users/${personId}/role-mappings/realm`)).map(({ name }) => name);
const sessionsOf = (personId: string) => keycloakAdmin().get<unknown[]>(`/users/${personId}/sessions`);
const grantIds = async (): Promise<string[]> =>
  (await identity.listGrants({ unitId: school, pageSize: 200 }, operator.as)).grants.map(({ grantId }) => grantId);

test('while Keycloak is away giving is UNAVAILABLE and leaves nothing half done', async () => {
  const { personId, username } = await createPerson();
  const before = await facts.rawTopic('portal.identity.grant.v1');
  const request = { unitId: school, username, role: 'ROLE_UNIT_ADMIN' } as const;
  const refusal = await withoutKeycloak(() => refusalOf(identity.giveGrant(request, operator.as)));
  expect(refusal).toMatchObject({ kind: 'UNAVAILABLE', reason: 'IDENTITY_PROVIDER_UNAVAILABLE', retryAfterMs: 2000 });
  expect(await grantIds()).toEqual([]);
  expect(await facts.rawTopic('portal.identity.grant.v1')).toEqual(before);
  expect(await rolesOf(personId)).not.toContain('unit-admin');
  // And the same again works once it is back.
  const { grant } = await eventually(() => identity.giveGrant(request, operator.as));
  await identity.takeGrant({ unitId: school, grantId: grant!.grantId }, operator.as);
}, 60_000);

test('while Keycloak is away nobody can say which sessions there are, so revoking them is UNAVAILABLE', async () => {
  const person = await createSignedIn();
  const request = { unitId: school, username: person.username, role: 'ROLE_UNIT_ADMIN' } as const;
  const { grant } = await identity.giveGrant(request, operator.as);
  const revoke = () => identity.revokeSessions({ unitId: school, personId: person.personId }, operator.as);
  expect(await withoutKeycloak(() => refusalOf(revoke()))).toMatchObject({
    kind: 'UNAVAILABLE',
    reason: 'IDENTITY_PROVIDER_UNAVAILABLE',
  });
  expect(await sessionsOf(person.personId)).toHaveLength(1);
  await expect(eventually(revoke)).resolves.toEqual({ revokedCount: 1 });
  await identity.takeGrant({ unitId: school, grantId: grant!.grantId }, operator.as);
}, 60_000);

test('taking does not wait for Keycloak: the right is gone, the rest is done when it is back', async () => {
  const person = await createSignedIn();
  const request = { unitId: school, username: person.username, role: 'ROLE_UNIT_ADMIN' } as const;
  const { grant } = await identity.giveGrant(request, operator.as);
  await withoutKeycloak(async () => {
    await identity.takeGrant({ unitId: school, grantId: grant!.grantId }, operator.as);
    expect(await grantIds()).toEqual([]);
    await eventuallyPasses(
      async () =>
        expect(await refusalOf(identity.listGrants({ unitId: school }, person.as))).toMatchObject({
          reason: 'UNIT_NOT_FOUND',
        }),
      { timeoutMs: 2000 },
    );
  });
  await eventuallyPasses(async () => expect(await rolesOf(person.personId)).not.toContain('unit-admin'), {
    timeoutMs: 20_000,
  });
  expect(await sessionsOf(person.personId)).toEqual([]);
}, 60_000);

test('a process killed between the grant and Keycloak leaves work that another process finishes', async () => {
  const person = await createSignedIn();
  const request = { unitId: school, username: person.username, role: 'ROLE_UNIT_ADMIN' } as const;
  const { grant } = await identity.giveGrant(request, operator.as);
  const { client, kill } = await startProcess();
  await eventually(() => client.listGrants({ unitId: school }, operator.as), { timeoutMs: 30_000 });
  await withoutKeycloak(async () => {
    await client.takeGrant({ unitId: school, grantId: grant!.grantId }, operator.as);
    await kill();
  });
  expect(await sessionsOf(person.personId)).toHaveLength(1);
  // The dead process had claimed the work for a minute.
  clock.advance(60_000);
  await eventuallyPasses(async () => expect(await sessionsOf(person.personId)).toEqual([]), { timeoutMs: 20_000 });
  await eventuallyPasses(async () => expect(await rolesOf(person.personId)).not.toContain('unit-admin'));
  const revoked = (await facts.rawTopic('portal.identity.session.v1')).map(({ key }) => key);
  expect(revoked).toContain(person.sessionId);
}, 90_000);

test('a process killed while it gives leaves no role behind that no grant asks for', async () => {
  const { personId, username } = await createPerson();
  const { client, kill } = await startProcess();
  await eventually(() => client.listGrants({ unitId: school }, operator.as), { timeoutMs: 30_000 });
  // Killed at some moment of the gift, often between role and grant.
  let answered = false;
  const given = client
    .giveGrant({ unitId: school, username, role: 'ROLE_UNIT_ADMIN' }, operator.as)
    .catch(() => undefined)
    .finally(() => (answered = true));
  await eventually(async () => answered || (await rolesOf(personId)).includes('unit-admin'), { everyMs: 1 });
  await kill();
  await given;
  clock.advance(60_000);
  await eventuallyPasses(
    async () => {
      const held = (await identity.listGrants({ unitId: school, pageSize: 200 }, operator.as)).grants;
      const expected = held.some((grant) => grant.personId === personId);
      expect((await rolesOf(personId)).includes('unit-admin')).toBe(expected);
      const user = await keycloakAdmin().get<{ attributes?: { grants?: string[] } }>(`/users/${personId}`);
      expect(user.attributes?.grants ?? []).toEqual(expected ? [`unit-admin:${school}`] : []);
    },
    { timeoutMs: 20_000 },
  );
}, 90_000);

/** The service as a process of its own, on the same data. */
async function startProcess(): Promise<{ client: IdentityClient; kill: () => Promise<void> }> {
  const { mongoUrl, mongoDatabase, kafkaBrokers, topicPrefix, oidcIssuer, keycloakClientSecret } =
    identityConfig(names);
  const [grpcPort, metricsPort] = [await freePort(), await freePort()];
  const env = {
    PATH: process.env['PATH'],
    GRPC_ADDRESS: `127.0.0.1:${grpcPort}`,
    METRICS_ADDRESS: `127.0.0.1:${metricsPort}`,
    MONGO_URL: mongoUrl,
    MONGO_DATABASE: mongoDatabase,
    KAFKA_BROKERS: kafkaBrokers.join(','),
    TOPIC_PREFIX: topicPrefix,
    TOPIC_PARTITIONS: '1',
    OIDC_ISSUER: oidcIssuer,
    KEYCLOAK_CLIENT_SECRET: keycloakClientSecret,
    LOG_LEVEL: 'fatal',
  };
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [main], { env, stdio: 'ignore' });
  const ended = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  onCleanup(kill);
  const client = createGrpcClient({ contract: identityContract, address: `127.0.0.1:${grpcPort}`, caller: 'gateway' });
  onCleanup(() => {
    client.close();
  });
  return { client, kill };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
