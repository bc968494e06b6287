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
import type { Facts, Stack, TestNames } from '@portal/testkit';
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
  identity = clientOf(await startIdentity(names, { bootstrapOperator: operator.username }));
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

test('processes killed in the middle of giving and of taking leave work that a later one finishes', async () => {
  const own = testNames(import.meta.url);
  const ownFacts = createFacts(own);
  await ownFacts.grantsAndUnits({ units });
  const taken = await createSignedIn();
  const given = await Promise.all(Array.from({ length: 8 }, () => createPerson()));
  const role = 'ROLE_UNIT_ADMIN';

  // Killed as soon as one of many gifts has reached Keycloak: each is at another of its steps.
  const giver = await startProcess(own);
  await eventually(() => giver.client.listGrants({ unitId: school }, operator.as), { timeoutMs: 30_000 });
  const request = { unitId: school, username: taken.username, role } as const;
  const { grant } = await giver.client.giveGrant(request, operator.as);
  const gifts = given.map(({ username }) => giver.client.giveGrant({ unitId: school, username, role }, operator.as));
  const settled = Promise.allSettled(gifts);
  await eventually(async () => (await Promise.all(given.map(holdsRole))).includes(true), { everyMs: 1 });
  await giver.kill();
  await settled;

  // Killed after the grant was taken, before Keycloak could be told.
  const taker = await startProcess(own);
  await eventually(() => taker.client.listGrants({ unitId: school }, operator.as), { timeoutMs: 30_000 });
  await withoutKeycloak(async () => {
    await taker.client.takeGrant({ unitId: school, grantId: grant!.grantId }, operator.as);
    await taker.kill();
  });
  expect(await sessionsOf(taken.personId)).toHaveLength(1);

  // What the dead had claimed or announced runs out in a minute, as does a transaction they left open; the lease of
  // their reconciler in 15 s.
  const aMinuteLater = movableClock();
  aMinuteLater.advance(60_000);
  const last = clientOf(await startIdentity(own, {}, aMinuteLater));
  await eventuallyPasses(
    async () => {
      const { grants } = await last.listGrants({ unitId: school, pageSize: 200 }, operator.as);
      const holders = grants.map(({ personId }) => personId);
      expect(holders).not.toContain(taken.personId);
      for (const person of [taken, ...given]) {
        const holds = holders.includes(person.personId);
        expect(await holdsRole(person)).toBe(holds);
        expect(await attributeOf(person)).toEqual(holds ? [`unit-admin:${school}`] : []);
      }
      expect(await sessionsOf(taken.personId)).toEqual([]);
    },
    { timeoutMs: 100_000, everyMs: 200 },
  );
  // The dead process's relay had a lease as well, and perhaps an open transaction.
  await eventuallyPasses(
    async () => {
      const revoked = (await ownFacts.rawTopic('portal.identity.session.v1')).map(({ key }) => key);
      expect(revoked).toContain(taken.sessionId);
    },
    { timeoutMs: 100_000 },
  );
}, 300_000);

async function holdsRole({ personId }: { personId: string }): Promise<boolean> {
  return (await rolesOf(personId)).includes('unit-admin');
}

async function attributeOf({ personId }: { personId: string }): Promise<string[]> {
  const user = await keycloakAdmin().get<{ attributes?: { grants?: string[] } }>(`/users/${personId}`);
  return user.attributes?.grants ?? [];
}

/** The service as a process of its own. */
async function startProcess(own: TestNames): Promise<{ client: IdentityClient; kill: () => Promise<void> }> {
  const { mongoUrl, mongoDatabase, kafkaBrokers, topicPrefix, oidcIssuer, keycloakClientSecret } = identityConfig(own);
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
    BOOTSTRAP_OPERATOR: operator.username,
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
