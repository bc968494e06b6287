import type { GiveGrantRequestInput } from '@portal/contracts/identity/v1/GiveGrantRequest';
import {
  createFacts,
  createPerson,
  eventually,
  keycloakAdmin,
  refusalOf,
  signIn,
  signInAgain,
  testNames,
} from '@portal/testkit';
import {
  clientOf,
  createSignedIn,
  eventuallyPasses,
  movableClock,
  optionsOf,
  otherSchool,
  school,
  startIdentity,
  units,
} from './_identity.ts';
import type { IdentityClient, Person } from './_identity.ts';

// What the service does at Keycloak, seen from Keycloak and from a second instance.
const names = testNames(import.meta.url);
const facts = createFacts(names);
const clock = movableClock();
const minute = 60_000;

let identity: IdentityClient;
let elsewhere: IdentityClient;
let operator: Person;

beforeAll(async () => {
  await facts.grantsAndUnits({ units });
  operator = await createSignedIn({ secondFactor: true });
  const config = { bootstrapOperator: operator.username };
  [identity, elsewhere] = (
    await Promise.all([startIdentity(names, config, clock), startIdentity(names, config, clock)])
  ).map(clientOf) as [IdentityClient, IdentityClient];
  for (const instance of [identity, elsewhere]) {
    await eventually(() => instance.listGrants({ unitId: '' }, operator.as), { timeoutMs: 30_000 });
  }
}, 90_000);

async function give(request: GiveGrantRequestInput) {
  const { grant } = await identity.giveGrant(request, operator.as);
  return grant!;
}

async function atKeycloak(personId: string): Promise<{ roles: string[]; grants: string[] }> {
  const user = await keycloakAdmin().get<{ attributes?: { grants?: string[] } }>(`/users/${personId}`);
  const roles = await keycloakAdmin().get<{ name: string }[]>(`/users/${personId}/role-mappings/realm`);
  const ours = roles.map(({ name }) => name).filter((name) => !name.startsWith('default-roles-'));
  return { roles: ours.sort(), grants: [...(user.attributes?.grants ?? [])].sort() };
}

const openSessions = async (personId: string): Promise<string[]> =>
  (await keycloakAdmin().get<{ id: string }[]>(`/users/${personId}/sessions`)).map(({ id }) => id);

async function revokedSessions(): Promise<string[]> {
  return (await facts.rawTopic('portal.identity.session.v1')).map(({ key }) => key);
}

describe('the mirror at Keycloak', () => {
  test('holds role and attribute as long as the grant, and the role before the grant is there', async () => {
    const person = await createPerson();
    const grant = await give({ unitId: school, username: person.username, role: 'ROLE_UNIT_ADMIN' });
    expect((await atKeycloak(person.personId)).roles).toEqual(['unit-admin']);
    await eventuallyPasses(async () =>
      expect(await atKeycloak(person.personId)).toEqual({ roles: ['unit-admin'], grants: [`unit-admin:${school}`] }),
    );
    await identity.takeGrant({ unitId: school, grantId: grant.grantId }, operator.as);
    await eventuallyPasses(async () => expect(await atKeycloak(person.personId)).toEqual({ roles: [], grants: [] }));
  });

  test('keeps a role that another grant maps to', async () => {
    const { personId, username } = await createPerson();
    const here = await give({ unitId: otherSchool, username, role: 'ROLE_ROOT_ADMIN' });
    const there = await give({ unitId: school, username, role: 'ROLE_UNIT_ADMIN' });
    const both = [`root-admin:${otherSchool}`, `unit-admin:${school}`].sort();
    await eventuallyPasses(async () =>
      expect(await atKeycloak(personId)).toEqual({ roles: ['unit-admin'], grants: both }),
    );
    await identity.takeGrant({ unitId: otherSchool, grantId: here.grantId }, operator.as);
    await eventuallyPasses(async () =>
      expect(await atKeycloak(personId)).toEqual({ roles: ['unit-admin'], grants: [`unit-admin:${school}`] }),
    );
    await identity.takeGrant({ unitId: school, grantId: there.grantId }, operator.as);
    await eventuallyPasses(async () => expect(await atKeycloak(personId)).toEqual({ roles: [], grants: [] }));
  });

  test('leaves alone what the person holds for other reasons', async () => {
    const { personId, username } = await createPerson({ realmRoles: ['mfa-required'] });
    const grant = await give({ unitId: school, username, role: 'ROLE_UNIT_ADMIN' });
    await identity.takeGrant({ unitId: school, grantId: grant.grantId }, operator.as);
    await eventuallyPasses(async () =>
      expect(await atKeycloak(personId)).toEqual({ roles: ['mfa-required'], grants: [] }),
    );
  });

  test('ends up right whatever is given and taken at the same time on both instances', async () => {
    const { personId, username } = await createPerson();
    const kept = give({ unitId: otherSchool, username, role: 'ROLE_UNIT_ADMIN' });
    for (let round = 0; round < 4; round += 1) {
      const { grantId } = await give({ unitId: school, username, role: 'ROLE_UNIT_ADMIN' });
      await Promise.all([
        elsewhere.takeGrant({ unitId: school, grantId }, operator.as),
        identity.listGrants({ unitId: school }, operator.as),
      ]);
    }
    await kept;
    await eventuallyPasses(async () =>
      expect(await atKeycloak(personId)).toEqual({ roles: ['unit-admin'], grants: [`unit-admin:${otherSchool}`] }),
    );
  });

  test('loses a role that was written for a gift which then failed', async () => {
    const unitId = '8'.repeat(24);
    await facts.grantsAndUnits({ units: [{ unitId }] });
    const people = await Promise.all([1, 2, 3].map(() => createPerson()));
    const outcomes = await Promise.allSettled(
      people.map(({ username }) => give({ unitId, username, role: 'ROLE_ROOT_ADMIN' })),
    );
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    // The announcement made before the role was written is looked at half a minute later.
    clock.advance(minute / 2);
    await eventuallyPasses(async () => {
      const rolesOf = await Promise.all(people.map(async ({ personId }) => (await atKeycloak(personId)).roles));
      expect(rolesOf).toEqual(people.map((_, n) => (n === winner ? ['unit-admin'] : [])));
    });
  });

  test('follows a grant that runs out by itself', async () => {
    const { personId, username } = await createPerson();
    const until = new Date(clock.now().getTime() + minute / 2);
    const { grantId } = await give({ unitId: school, username, role: 'ROLE_UNIT_ADMIN', until });
    clock.advance(minute / 2);
    await eventuallyPasses(async () => expect(await atKeycloak(personId)).toEqual({ roles: [], grants: [] }));
    await eventuallyPasses(async () => {
      const last = (await facts.rawTopic('portal.identity.grant.v1')).filter(({ key }) => key === grantId).at(-1);
      expect(last).toMatchObject({ value: null });
    });
  });
});

describe('a right that was taken', () => {
  test('is gone on two instances within two seconds', async () => {
    const person = await createSignedIn({ secondFactor: true });
    const { grantId } = await give({ unitId: school, username: person.username, role: 'ROLE_UNIT_ADMIN' });
    const ask = (instance: IdentityClient) => instance.listGrants({ unitId: school }, person.as);
    for (const instance of [identity, elsewhere]) await eventually(() => ask(instance));
    await identity.takeGrant({ unitId: school, grantId }, operator.as);
    await Promise.all(
      [identity, elsewhere].map((instance) =>
        eventuallyPasses(
          async () => expect(['UNIT_NOT_FOUND', 'SESSION_REVOKED']).toContain((await refusalOf(ask(instance))).reason),
          { timeoutMs: 2000 },
        ),
      ),
    );
  });

  test('takes along every session, by its sid, at our services and at Keycloak', async () => {
    const person = await createSignedIn();
    const second = await signInAgain(person);
    const sessionIds = [person.sessionId, second.sessionId];
    const { grantId } = await give({ unitId: school, username: person.username, role: 'ROLE_UNIT_ADMIN' });
    await identity.takeGrant({ unitId: school, grantId }, operator.as);
    await eventuallyPasses(async () => expect(await openSessions(person.personId)).toEqual([]));
    await eventuallyPasses(async () => expect(await revokedSessions()).toEqual(expect.arrayContaining(sessionIds)));
    for (const instance of [identity, elsewhere]) {
      for (const { token } of [person, second]) {
        await eventuallyPasses(
          async () =>
            expect(await refusalOf(instance.listGrants({ unitId: school }, { token, timeoutMs: 5000 }))).toMatchObject({
              kind: 'UNAUTHENTICATED',
              reason: 'SESSION_REVOKED',
            }),
          { timeoutMs: 2000 },
        );
      }
    }
    // Who signs in anew is a stranger, not an outcast.
    const again = optionsOf(await signIn(person));
    expect(await refusalOf(identity.listGrants({ unitId: school }, again))).toMatchObject({ reason: 'UNIT_NOT_FOUND' });
  });

  test('of one person ends no session of another', async () => {
    const bystander = await createSignedIn();
    const person = await createSignedIn();
    const { grantId } = await give({ unitId: school, username: person.username, role: 'ROLE_UNIT_ADMIN' });
    await identity.takeGrant({ unitId: school, grantId }, operator.as);
    await eventuallyPasses(async () => expect(await openSessions(person.personId)).toEqual([]));
    expect(await openSessions(bystander.personId)).toEqual([bystander.sessionId]);
    expect(await revokedSessions()).not.toContain(bystander.sessionId);
  });
});

describe('the first operator', () => {
  test('is one, however many instances start', async () => {
    const { grants } = await identity.listGrants({ unitId: '' }, operator.as);
    expect(grants.map(({ personId }) => personId)).toEqual([operator.personId]);
  });

  test('is not joined by another at a later start', async () => {
    const own = testNames(import.meta.url);
    const ownFacts = createFacts(own);
    await ownFacts.grantsAndUnits({ units });
    const first = await startIdentity(own, { bootstrapOperator: operator.username }, clock);
    await eventually(() => clientOf(first).listGrants({ unitId: '' }, operator.as));
    await first.stop();

    const { username } = await createPerson();
    const second = clientOf(await startIdentity(own, { bootstrapOperator: username }, clock));
    await eventually(() => second.listGrants({ unitId: '' }, operator.as));
    // A grant that runs out is taken at the end of a round that began with a look at the operators.
    const until = new Date(clock.now().getTime() + minute / 2);
    const request = { unitId: school, username, role: 'ROLE_UNIT_ADMIN', until } as const;
    await second.giveGrant(request, operator.as);
    clock.advance(minute / 2);
    await eventuallyPasses(async () => {
      const messages = await ownFacts.rawTopic('portal.identity.grant.v1');
      expect(messages.at(-1)).toMatchObject({ value: null });
    });
    const { grants } = await second.listGrants({ unitId: '' }, operator.as);
    expect(grants.map((grant) => grant.personId)).toEqual([operator.personId]);
  });

  test('may get the account after the service has started', async () => {
    const own = testNames(import.meta.url);
    const username = `late.${own.database.slice(-8)}`;
    await createFacts(own).grantsAndUnits({ units });
    const running = await startIdentity(own, { bootstrapOperator: username });
    const topic = () => createFacts(own).rawTopic('portal.identity.grant.v1');
    expect(await topic()).toEqual([]);
    const personId = await keycloakAdmin().post('/users', {
      username,
      email: `${username}@portal.example`,
      enabled: true,
    });
    const [given] = await eventually(async () => {
      const messages = await topic();
      return messages.length > 0 && messages;
    });
    expect(JSON.parse(given!.value!)).toMatchObject({
      grant: { personId, username, role: 'ROLE_OPERATOR', subtree: true },
    });
    await running.stop();
  });
});

describe('a day later', () => {
  test('what was changed at Keycloak by hand is as the grants say, and revocations nobody needs are forgotten', async () => {
    const person = await createSignedIn();
    const { personId, username, sessionId } = person;
    await give({ unitId: school, username, role: 'ROLE_UNIT_ADMIN' });
    await identity.revokeSessions({ unitId: school, personId }, operator.as);
    const mirrored = { roles: ['unit-admin'], grants: [`unit-admin:${school}`] };
    await eventuallyPasses(async () => expect(await atKeycloak(personId)).toEqual(mirrored));
    await eventuallyPasses(async () => expect(await revokedSessions()).toContain(sessionId));

    const [unitAdmin, editor] = await Promise.all(
      ['unit-admin', 'editor'].map((name) => keycloakAdmin().get(`/roles/${name}`)),
    );
    await keycloakAdmin().remove(`/users/${personId}/role-mappings/realm`, [unitAdmin]);
    await keycloakAdmin().post(`/users/${personId}/role-mappings/realm`, [editor]);
    expect((await atKeycloak(personId)).roles).toEqual(['editor']);

    clock.advance(24 * 60 * minute);
    await eventuallyPasses(async () => expect(await atKeycloak(personId)).toEqual(mirrored));
    await eventuallyPasses(async () => {
      const messages = await facts.rawTopic('portal.identity.session.v1');
      expect(messages.filter(({ key }) => key === sessionId).at(-1)).toMatchObject({ value: null });
    });
  });
});
