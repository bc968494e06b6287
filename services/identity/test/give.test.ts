import { roleRules } from '@portal/contracts';
import { permissionDenied } from '@portal/errors';
import { createStore } from '@portal/events';
import { createMongo } from '@portal/mongo';
import { createMetrics, newId } from '@portal/runtime';
import { createPerson, onCleanup, refusalOf, silentLogger, testNames } from '@portal/testkit';
import { createBootstrap } from '../src/bootstrap.ts';
import { retryLostRaces, self } from '../src/commit.ts';
import { grantEvents } from '../src/events.ts';
import { takeGrant } from '../src/grant/domain.ts';
import type { Grant, Scope } from '../src/grant/domain.ts';
import { createGive } from '../src/grant/give.ts';
import { createOperators } from '../src/operators/store.ts';
import { createGrantStore } from '../src/grant/store.ts';
import { createKeycloakAdmin } from '../src/keycloak/admin.ts';
import { createIdentityMetrics } from '../src/metrics.ts';
import { createPersonStore } from '../src/person/store.ts';
import { identityConfig, movableClock } from './_identity.ts';

// Giving on the real store and at the real Keycloak, without the reconciler, which would do the same work in between.
const config = identityConfig(testNames(import.meta.url));
const clock = movableClock();
const minute = 60_000;
const by = { actorId: 'giver' };

const mongo = createMongo({
  url: config.mongoUrl,
  database: config.mongoDatabase!,
  appName: 'test',
  log: silentLogger,
});
const grants = createGrantStore(mongo, grantEvents);
const people = createPersonStore(mongo);
const operators = createOperators(mongo, grants);
const { commit } = createStore({ mongo, clock, newId });
const registry = createMetrics('identity');
const give = createGive({
  grants,
  people,
  keycloak: createKeycloakAdmin({
    issuer: config.oidcIssuer,
    clientId: config.keycloakClientId,
    clientSecret: config.keycloakClientSecret,
    timeoutMs: 3000,
  }),
  commit,
  rules: roleRules(),
  clock,
  newId,
  metrics: createIdentityMetrics(registry, silentLogger),
});
const bootstrapOf = (username: string) =>
  createBootstrap({ username, grants, operators, give, clock, log: silentLogger });

beforeAll(async () => {
  onCleanup(() => mongo.stop());
  await mongo.start();
  onCleanup(() => mongo.connection.dropDatabase());
});

const scope = (role: string, changes: Partial<Scope> = {}): Scope => ({
  role,
  unitId: newId(),
  subtree: false,
  until: null,
  ...changes,
});
const soon = () => new Date(clock.now().getTime() + minute);
/** Everything done at Keycloak: whoever is due afterwards was asked for anew. */
async function settled(personId: string): Promise<void> {
  const person = (await people.find(personId))!;
  await commit([people.change({ ...person, mirror: false, dueTime: null, version: person.version + 1 })], self);
}
const takenSoFar = async () =>
  /portal_identity_grants_taken_total\{[^}]*ROLE_ROOT_ADMIN[^}]*\} (\d+)/.exec(await registry.render())?.[1] ?? '0';

describe('a grant that has run out', () => {
  test('of the former root administrator goes with the gift to the next one, and both are mirrored', async () => {
    const [former, next] = await Promise.all([createPerson(), createPerson()]);
    const expiring = scope('ROLE_ROOT_ADMIN', { until: soon() });
    await give(former.username, expiring, by);
    await settled(former.personId);
    const before = await takenSoFar();
    clock.advance(minute);

    const given = await give(next.username, { ...expiring, until: null }, by);
    expect(await grants.listByRole(expiring.unitId, expiring.role)).toEqual([given]);
    for (const { personId } of [former, next]) {
      expect(await people.find(personId)).toMatchObject({ mirror: true, dueTime: expect.any(Date) as Date });
    }
    expect(Number(await takenSoFar()) - Number(before)).toBe(1);
  });

  test('of somebody whom the unique indexes do not mind is left to the sweep', async () => {
    const [former, next] = await Promise.all([createPerson(), createPerson()]);
    const expiring = scope('ROLE_EDITOR', { until: soon() });
    const expired = await give(former.username, expiring, by);
    await settled(former.personId);
    clock.advance(minute);

    const given = await give(next.username, { ...expiring, until: null }, by);
    const left = await grants.listByRole(expiring.unitId, expiring.role);
    expect(left.map(({ grantId }) => grantId).sort()).toEqual([expired.grantId, given.grantId].sort());
    expect(await people.find(former.personId)).toMatchObject({ mirror: false, dueTime: null });
  });
});

test('a giver who may not after all, last thing before the commit, gives nothing', async () => {
  const { username, personId } = await createPerson();
  const assertMay = () => Promise.reject(permissionDenied('ROLE_NOT_GRANTABLE'));
  expect(await refusalOf(give(username, scope('ROLE_EDITOR'), by, { assertMay }))).toMatchObject({
    reason: 'ROLE_NOT_GRANTABLE',
  });
  expect(await grants.listOfPerson(personId)).toEqual([]);
  // The role written at Keycloak before is tidied away later.
  expect(await people.find(personId)).toMatchObject({ mirror: true, dueTime: expect.any(Date) as Date });
});

describe('operators', () => {
  const operatorScope = scope('ROLE_OPERATOR', { unitId: '', subtree: true });
  const holders = async () => (await grants.listByRole('', 'ROLE_OPERATOR')).map(({ personId }) => personId);
  const take = (grant: Grant) =>
    retryLostRaces(async () => commit([grants.change(takeGrant(grant)), ...(await operators.taking(grant))], by));

  test('of the last two, however often both are taken at once, one stays', async () => {
    const { username } = await createPerson();
    let stays = await give(username, operatorScope, by);
    for (let round = 0; round < 5; round += 1) {
      const other = await give((await createPerson()).username, operatorScope, by);
      const outcomes = await Promise.allSettled([take(stays), take(other)]);
      const refusals = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
      );
      expect(refusals).toMatchObject([{ kind: 'FAILED_PRECONDITION', reason: 'LAST_OPERATOR' }]);
      [stays] = (await grants.listByRole('', 'ROLE_OPERATOR')) as [Grant];
      expect(await holders()).toEqual([stays.personId]);
    }
    await commit([grants.change(takeGrant(stays))], by);
  });

  test('the first is made once for ever, even should there be none later', async () => {
    await mongo.connection.collection('operators').deleteMany({});
    const [first, later] = await Promise.all([createPerson(), createPerson()]);
    await Promise.allSettled([bootstrapOf(first.username)(), bootstrapOf(first.username)()]);
    expect(await holders()).toEqual([first.personId]);
    const [grant] = await grants.listByRole('', 'ROLE_OPERATOR');
    await commit([grants.change(takeGrant(grant!))], self);
    await bootstrapOf(later.username)();
    expect(await holders()).toEqual([]);
  });
});
