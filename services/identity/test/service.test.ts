import { identityContract, toJson } from '@portal/contracts';
import type { GiveGrantRequestInput } from '@portal/contracts/identity/v1/GiveGrantRequest';
import type { CallOptions } from '@portal/runtime';
import { answerAbout, createFacts, createPerson, eventually, refusalOf, signIn, testNames } from '@portal/testkit';
import {
  clientOf,
  createSignedIn,
  eventuallyPasses,
  department,
  movableClock,
  optionsOf,
  otherSchool,
  school,
  startIdentity,
  units,
} from './_identity.ts';
import type { IdentityClient, Person } from './_identity.ts';

const names = testNames(import.meta.url);
const facts = createFacts(names);
const clock = movableClock();
const nowhere = 'f'.repeat(24);
const minute = 60_000;

let identity: IdentityClient;
/** Runs the platform since the service first started. */
let operator: Person;
/** Answers for `school`, and for no other unit. */
let root: Person;
/** Signed in, without any grant. */
let stranger: Person;

beforeAll(async () => {
  await facts.grantsAndUnits({ units });
  operator = await createSignedIn({ secondFactor: true });
  identity = clientOf(await startIdentity(names, { bootstrapOperator: operator.username }, clock));
  [root, stranger] = await Promise.all([
    createSignedIn({ secondFactor: true }),
    createSignedIn({ secondFactor: true }),
  ]);
  await eventually(() => identity.listGrants({ unitId: '' }, operator.as), { timeoutMs: 30_000 });
  await give({ unitId: school, username: root.username, role: 'ROLE_ROOT_ADMIN' });
  await eventually(() => identity.listGrants({ unitId: school }, root.as));
}, 90_000);

async function give(request: GiveGrantRequestInput, by: CallOptions = operator.as) {
  const { grant } = await identity.giveGrant(request, by);
  return grant!;
}

/** A new person with this role on the unit, given through the service. */
async function holder(role: GiveGrantRequestInput['role'], unitId: string, by = operator.as) {
  const person = await createSignedIn();
  return { person, grant: await give({ unitId, username: person.username, role: role!, subtree: false }, by) };
}

/** Every rpc with a good request about the unit. */
const calls: Record<string, (unitId: string, options: CallOptions) => Promise<unknown>> = {
  giveGrant: (unitId, options) =>
    identity.giveGrant({ unitId, username: stranger.username, role: 'ROLE_UNIT_ADMIN' }, options),
  takeGrant: (unitId, options) => identity.takeGrant({ unitId, grantId: nowhere }, options),
  listGrants: (unitId, options) => identity.listGrants({ unitId }, options),
  revokeSessions: (unitId, options) => identity.revokeSessions({ unitId, personId: stranger.personId }, options),
};
const rpcs = Object.keys(calls);
const callOf = (rpc: string) => calls[rpc]!;

describe('every rpc', () => {
  test('is in the tables of this file', () => {
    expect(rpcs.sort()).toEqual(identityContract.rpcs.map(({ key }) => key).sort());
  });

  test.each(rpcs)('%s refuses whoever is not signed in', async (rpc) => {
    const { token: _, ...anonymous } = operator.as;
    expect(await refusalOf(callOf(rpc)(school, anonymous))).toMatchObject({
      kind: 'UNAUTHENTICATED',
      reason: 'TOKEN_MISSING',
    });
    expect(await refusalOf(callOf(rpc)(school, { ...anonymous, token: 'x.y.z' }))).toMatchObject({
      kind: 'UNAUTHENTICATED',
      reason: 'TOKEN_INVALID',
    });
  });

  test.each(rpcs)('%s answers about a unit that the caller may not know of as about none', async (rpc) => {
    const shown = (unitId: string, options: CallOptions) => answerAbout(unitId, callOf(rpc)(unitId, options));
    const answer = await shown(nowhere, root.as);
    expect(answer).toMatchObject({ kind: 'NOT_FOUND', reason: 'UNIT_NOT_FOUND', metadata: { unitId: '<id>' } });
    expect(await shown(otherSchool, root.as)).toEqual(answer);
    expect(await shown(department, root.as)).toEqual(answer);
    expect(await shown(school, stranger.as)).toEqual(answer);
    if (rpc === 'giveGrant' || rpc === 'listGrants') expect(await shown(nowhere, operator.as)).toEqual(answer);
  });

  test.each(rpcs)('%s on the platform itself is refused without a platform grant', async (rpc) => {
    expect(await refusalOf(callOf(rpc)('', root.as))).toMatchObject({
      kind: 'PERMISSION_DENIED',
      reason: 'PERMISSION_MISSING',
    });
  });

  test.each(rpcs)('%s asks for a second factor in the session', async (rpc) => {
    const { person } = await holder('ROLE_UNIT_ADMIN', school);
    await eventuallyPasses(async () =>
      expect(await refusalOf(callOf(rpc)(school, person.as))).toMatchObject({
        kind: 'PERMISSION_DENIED',
        reason: 'SECOND_FACTOR_REQUIRED',
      }),
    );
  });

  test.each(rpcs)('%s is for administrators', async (rpc) => {
    const { person } = await holder('ROLE_EDITOR', school, root.as);
    await eventuallyPasses(async () =>
      expect(await refusalOf(callOf(rpc)(school, person.as))).toMatchObject({
        kind: 'PERMISSION_DENIED',
        reason: 'PERMISSION_MISSING',
      }),
    );
  });

  const grant = { unitId: '', username: 'an', role: 'ROLE_OPERATOR' };
  const long = 'x'.repeat(65);
  test.each<[rpc: string, violation: string, request: object]>([
    ['giveGrant', 'unitId TOO_LONG', { ...grant, unitId: long }],
    ['giveGrant', 'username REQUIRED', { ...grant, username: '' }],
    ['giveGrant', 'username TOO_LONG', { ...grant, username: 'a'.repeat(101) }],
    ['giveGrant', 'username PATTERN', { ...grant, username: 'An' }],
    ['giveGrant', 'username PATTERN', { ...grant, username: 'an*' }],
    ['giveGrant', 'username PATTERN', { ...grant, username: 'trường' }],
    ['giveGrant', 'role REQUIRED', { ...grant, role: 'ROLE_UNSPECIFIED' }],
    ['giveGrant', 'until NOT_IN_FUTURE', { ...grant, until: new Date(Date.now() - 1) }],
    ['takeGrant', 'unitId TOO_LONG', { unitId: long, grantId: 'g' }],
    ['takeGrant', 'grantId REQUIRED', { unitId: '', grantId: '' }],
    ['takeGrant', 'grantId TOO_LONG', { unitId: '', grantId: long }],
    ['takeGrant', 'etag TOO_LONG', { unitId: '', grantId: 'g', etag: long }],
    ['listGrants', 'unitId TOO_LONG', { unitId: long }],
    ['listGrants', 'pageSize TOO_SMALL', { pageSize: -1 }],
    ['listGrants', 'pageSize TOO_LARGE', { pageSize: 201 }],
    ['listGrants', 'pageToken TOO_LONG', { pageToken: 'x'.repeat(1001) }],
    ['revokeSessions', 'unitId TOO_LONG', { unitId: long, personId: 'p' }],
    ['revokeSessions', 'personId REQUIRED', { unitId: '', personId: '' }],
    ['revokeSessions', 'personId TOO_LONG', { unitId: '', personId: long }],
  ])('%s refuses %s', async (rpc, violation, request) => {
    const client = identity as unknown as Record<string, (request: object, options: CallOptions) => Promise<unknown>>;
    const { kind, reason, violations } = await refusalOf(client[rpc]!(request, operator.as));
    expect({ kind, reason }).toEqual({ kind: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' });
    expect(violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual([violation]);
  });
});

describe('a grant', () => {
  test('is given, listed and published whole, and counts from then on', async () => {
    const person = await createSignedIn({ secondFactor: true });
    const until = new Date(clock.now().getTime() + 60 * minute);
    const request = {
      unitId: otherSchool,
      username: person.username,
      role: 'ROLE_UNIT_ADMIN',
      subtree: true,
      until,
    } as const;
    const grant = await give(request);
    expect(grant).toEqual({
      grantId: expect.stringMatching(/^[0-9a-f]{24}$/) as string,
      personId: person.personId,
      ...request,
      createTime: expect.any(Date) as Date,
      etag: 'v1',
    });
    const listed = await eventually(() => identity.listGrants({ unitId: otherSchool }, person.as));
    expect(listed.grants).toContainEqual(grant);
    await expectPublished(grant.grantId, [
      ['portal.identity.grant.given.v1', toJson('portal.identity.v1.GrantEvent', { grant, taken: false })],
    ]);
  });

  test('is taken with a final fact and a tombstone, and is not there any more', async () => {
    const { grant } = await holder('ROLE_EDITOR', school, root.as);
    expect(await identity.takeGrant({ unitId: school, grantId: grant.grantId, etag: grant.etag }, root.as)).toEqual({
      grant,
    });
    const { grants } = await identity.listGrants({ unitId: school, pageSize: 200 }, root.as);
    expect(grants).not.toContainEqual(grant);
    expect(await refusalOf(identity.takeGrant({ unitId: school, grantId: grant.grantId }, root.as))).toMatchObject({
      kind: 'NOT_FOUND',
      reason: 'GRANT_NOT_FOUND',
    });
    await expectPublished(grant.grantId, [
      ['portal.identity.grant.given.v1', toJson('portal.identity.v1.GrantEvent', { grant, taken: false })],
      ['portal.identity.grant.taken.v1', toJson('portal.identity.v1.GrantEvent', { grant, taken: true })],
      ['portal.identity.grant.taken.v1', null],
    ]);
  });

  test('that changed since it was read is not taken', async () => {
    const { grant } = await holder('ROLE_EDITOR', school, root.as);
    const take = (etag: string) => identity.takeGrant({ unitId: school, grantId: grant.grantId, etag }, root.as);
    for (const etag of ['v0', 'v2', 'nonsense']) {
      expect(await refusalOf(take(etag))).toMatchObject({ kind: 'ABORTED', reason: 'STALE_VERSION' });
    }
    await expect(take('')).resolves.toEqual({ grant });
  });

  test('of another unit answers, when taken, exactly as one that does not exist', async () => {
    const { grant } = await holder('ROLE_UNIT_ADMIN', otherSchool);
    const take = (unitId: string, grantId: string, by: Person) =>
      answerAbout(grantId, identity.takeGrant({ unitId, grantId }, by.as));
    const answer = await take(school, nowhere, root);
    expect(answer).toMatchObject({ kind: 'NOT_FOUND', reason: 'GRANT_NOT_FOUND' });
    expect(await take(school, grant.grantId, root)).toEqual(answer);
    expect(await take(school, grant.grantId, operator)).toEqual(answer);
    expect(await take('', grant.grantId, operator)).toEqual(answer);
  });

  test('goes to nobody whom the realm does not know', async () => {
    const request = { unitId: school, username: 'nobody.at.all', role: 'ROLE_EDITOR' } as const;
    expect(await refusalOf(identity.giveGrant(request, root.as))).toMatchObject({
      kind: 'NOT_FOUND',
      reason: 'PERSON_NOT_FOUND',
      metadata: { username: 'nobody.at.all' },
    });
  });

  test('is given once per person, role and unit, however many ask at once', async () => {
    const person = await createPerson();
    const request = { unitId: school, username: person.username, role: 'ROLE_EDITOR' } as const;
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => give(request, root.as)));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(refusals).toHaveLength(3);
    for (const refusal of refusals) expect(refusal).toMatchObject({ kind: 'ALREADY_EXISTS', reason: 'GRANT_EXISTS' });
    expect(await refusalOf(identity.giveGrant(request, root.as))).toMatchObject({ reason: 'GRANT_EXISTS' });
  });

  test('of another role goes to the same person', async () => {
    const person = await createPerson();
    const request = { unitId: school, username: person.username, subtree: false };
    const outcomes = await Promise.all([
      give({ ...request, role: 'ROLE_EDITOR' }, root.as),
      give({ ...request, role: 'ROLE_BOARD_HEAD' }, root.as),
    ]);
    expect(outcomes.map(({ role }) => role)).toEqual(['ROLE_EDITOR', 'ROLE_BOARD_HEAD']);
  });

  test('that has run out shows no more and makes room for a new one at once', async () => {
    const { person, grant } = await holder('ROLE_EDITOR', school, root.as);
    await identity.takeGrant({ unitId: school, grantId: grant.grantId }, root.as);
    const request = { unitId: school, username: person.username, role: 'ROLE_EDITOR' } as const;
    const short = await give({ ...request, until: new Date(clock.now().getTime() + minute / 2) }, root.as);
    clock.advance(minute / 2);
    const { grants } = await identity.listGrants({ unitId: school, pageSize: 200 }, root.as);
    expect(grants.map(({ grantId }) => grantId)).not.toContain(short.grantId);
    const renewed = await give(request, root.as);
    expect(renewed.grantId).not.toBe(short.grantId);
    await expectPublished(short.grantId, [
      ['portal.identity.grant.given.v1', expect.anything()],
      ['portal.identity.grant.taken.v1', toJson('portal.identity.v1.GrantEvent', { grant: short, taken: true })],
      ['portal.identity.grant.taken.v1', null],
    ]);
  });
});

describe('delegation', () => {
  test.each<[string, GiveGrantRequestInput, string]>([
    ['a second root administrator', { unitId: school, role: 'ROLE_ROOT_ADMIN' }, 'ROLE_NOT_GRANTABLE'],
    ['an operator', { unitId: school, role: 'ROLE_OPERATOR' }, 'ROLE_NOT_ON_UNIT'],
    ['a reach beyond the own', { unitId: school, role: 'ROLE_EDITOR', subtree: true }, 'GRANT_EXCEEDS_OWN'],
    ['a role on a unit above', { unitId: department, role: 'ROLE_EDITOR' }, 'UNIT_NOT_FOUND'],
    ['a role on a unit beside', { unitId: otherSchool, role: 'ROLE_EDITOR' }, 'UNIT_NOT_FOUND'],
  ])('a root administrator does not give %s', async (_name, request, reason) => {
    const { username } = stranger;
    expect(await refusalOf(identity.giveGrant({ ...request, username }, root.as))).toMatchObject({ reason });
  });

  test('a root administrator with subtree gives on every unit below, as far as the own grant goes', async () => {
    const person = await createSignedIn({ secondFactor: true });
    const until = new Date(clock.now().getTime() + 60 * minute);
    const own = {
      unitId: department,
      username: person.username,
      role: 'ROLE_ROOT_ADMIN',
      subtree: true,
      until,
    } as const;
    const { grantId } = await give(own);
    const request = { unitId: otherSchool, username: (await createPerson()).username, role: 'ROLE_EDITOR' } as const;
    await eventually(() => identity.listGrants({ unitId: otherSchool }, person.as));
    expect(await refusalOf(identity.giveGrant(request, person.as))).toMatchObject({ reason: 'GRANT_EXCEEDS_OWN' });
    const later = new Date(until.getTime() + 1);
    expect(await refusalOf(identity.giveGrant({ ...request, until: later }, person.as))).toMatchObject({
      reason: 'GRANT_EXCEEDS_OWN',
    });
    await expect(give({ ...request, subtree: true, until }, person.as)).resolves.toMatchObject({
      subtree: true,
      until,
    });
    await identity.takeGrant({ unitId: department, grantId }, operator.as);
  });

  test('what one may not give one may not take either', async () => {
    const person = await createSignedIn({ secondFactor: true });
    await give({ unitId: school, username: person.username, role: 'ROLE_UNIT_ADMIN' }, root.as);
    const { grants } = await eventually(() => identity.listGrants({ unitId: school, pageSize: 200 }, person.as));
    const ofRoot = grants.find(({ role }) => role === 'ROLE_ROOT_ADMIN');
    expect(await refusalOf(identity.takeGrant({ unitId: school, grantId: ofRoot!.grantId }, person.as))).toMatchObject({
      kind: 'PERMISSION_DENIED',
      reason: 'ROLE_NOT_GRANTABLE',
    });
  });

  test('nobody gives anything to themselves', async () => {
    for (const [person, role] of [
      [operator, 'ROLE_UNIT_ADMIN'],
      [root, 'ROLE_EDITOR'],
    ] as const) {
      const request = { unitId: school, username: person.username, role };
      expect(await refusalOf(identity.giveGrant(request, person.as))).toMatchObject({
        kind: 'PERMISSION_DENIED',
        reason: 'SELF_GRANT',
      });
    }
  });

  test('who has lost the own grant gives nothing any more, even where that is not known everywhere yet', async () => {
    const person = await createSignedIn({ secondFactor: true });
    const { personId } = person;
    // Published and not in the store: as it looks between the taking and its arrival.
    await facts.grantsAndUnits({ grants: [{ personId, role: 'ROLE_ROOT_ADMIN', unitId: otherSchool }] });
    await eventually(() => identity.listGrants({ unitId: otherSchool }, person.as));
    const { username } = await createPerson();
    const request = { unitId: otherSchool, username, role: 'ROLE_EDITOR' } as const;
    expect(await refusalOf(identity.giveGrant(request, person.as))).toMatchObject({
      kind: 'PERMISSION_DENIED',
      reason: 'ROLE_NOT_GRANTABLE',
    });
    const { grants } = await identity.listGrants({ unitId: otherSchool, pageSize: 200 }, operator.as);
    expect(grants.map((grant) => grant.username)).not.toContain(username);
  });

  test('a root administrator of one unit takes what a predecessor gave on it with subtree', async () => {
    const { username } = await createPerson();
    const given = await give({ unitId: school, username, role: 'ROLE_UNIT_ADMIN', subtree: true });
    await expect(identity.takeGrant({ unitId: school, grantId: given.grantId }, root.as)).resolves.toEqual({
      grant: given,
    });
  });

  test('an operator takes what an operator does not give', async () => {
    const { grant } = await holder('ROLE_BOARD_HEAD', school, root.as);
    await expect(identity.takeGrant({ unitId: school, grantId: grant.grantId }, operator.as)).resolves.toEqual({
      grant,
    });
  });

  test('a unit has exactly one root administrator, however many are named at once', async () => {
    const unitId = 'c'.repeat(24);
    await facts.grantsAndUnits({ units: [{ unitId, parentId: department }] });
    const people = await Promise.all([1, 2, 3, 4, 5].map(() => createPerson()));
    const outcomes = await Promise.allSettled(
      people.map(({ username }) => give({ unitId, username, role: 'ROLE_ROOT_ADMIN' })),
    );
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(refusals).toHaveLength(4);
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ kind: 'FAILED_PRECONDITION', reason: 'ROOT_ADMIN_EXISTS', metadata: { unitId } });
    }
    const { grants } = await identity.listGrants({ unitId }, operator.as);
    expect(grants.map(({ role }) => role)).toEqual(['ROLE_ROOT_ADMIN']);
    // After her grant is taken, and not before, another may follow.
    await identity.takeGrant({ unitId, grantId: grants[0]!.grantId }, operator.as);
    await expect(give({ unitId, username: people[0]!.username, role: 'ROLE_ROOT_ADMIN' })).resolves.toBeDefined();
  });

  test('a unit that was created a moment ago can be given on at once', async () => {
    const unitId = 'e'.repeat(24);
    const given = give({ unitId, username: (await createPerson()).username, role: 'ROLE_ROOT_ADMIN' });
    await Promise.all([given, facts.grantsAndUnits({ units: [{ unitId, parentId: department }] })]);
    await expect(given).resolves.toMatchObject({ unitId });
  });
});

describe('the platform', () => {
  test('got its first operator when the service first started', async () => {
    const { grants } = await identity.listGrants({ unitId: '' }, operator.as);
    expect(grants).toMatchObject([{ personId: operator.personId, role: 'ROLE_OPERATOR', subtree: true, until: null }]);
  });

  test('operators make and unmake operators', async () => {
    const { person, grant } = await holder('ROLE_OPERATOR', '');
    expect(grant).toMatchObject({ personId: person.personId, unitId: '' });
    await expect(identity.takeGrant({ unitId: '', grantId: grant.grantId }, operator.as)).resolves.toEqual({ grant });
  });

  test('keeps its last operator', async () => {
    const { grants } = await identity.listGrants({ unitId: '' }, operator.as);
    const own = grants.find(({ personId }) => personId === operator.personId);
    expect(await refusalOf(identity.takeGrant({ unitId: '', grantId: own!.grantId }, operator.as))).toMatchObject({
      kind: 'FAILED_PRECONDITION',
      reason: 'LAST_OPERATOR',
    });
    expect((await identity.listGrants({ unitId: '' }, operator.as)).grants).toContainEqual(own);
  });
});

describe('a list', () => {
  test('goes through all grants of the unit, each once and in the order given', async () => {
    const unitId = '9'.repeat(24);
    await facts.grantsAndUnits({ units: [{ unitId, parentId: department }] });
    const given = [];
    for (let n = 0; n < 5; n += 1) given.push((await holder('ROLE_UNIT_ADMIN', unitId)).grant);
    const seen = [];
    let pageToken = '';
    do {
      const page = await identity.listGrants({ unitId, pageSize: 2, pageToken }, operator.as);
      seen.push(...page.grants);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(seen).toEqual(given);
  });

  test('refuses a token of another list', async () => {
    const { nextPageToken } = await identity.listGrants({ unitId: school, pageSize: 1 }, operator.as);
    expect(nextPageToken).not.toBe('');
    for (const pageToken of [nextPageToken, 'damaged']) {
      expect(await refusalOf(identity.listGrants({ unitId: otherSchool, pageToken }, operator.as))).toMatchObject({
        kind: 'INVALID_ARGUMENT',
        reason: 'PAGE_TOKEN_INVALID',
      });
    }
  });
});

describe('revoking sessions', () => {
  test('ends every session of the person, whose grants stay', async () => {
    const { person } = await holder('ROLE_EDITOR', school, root.as);
    const request = { unitId: school, personId: person.personId };
    await expect(identity.revokeSessions(request, root.as)).resolves.toEqual({ revokedCount: 1 });
    await eventuallyPasses(async () =>
      expect(await refusalOf(identity.listGrants({ unitId: school }, person.as))).toMatchObject({
        kind: 'UNAUTHENTICATED',
        reason: 'SESSION_REVOKED',
      }),
    );
    const again = optionsOf(await signIn(person));
    expect(await refusalOf(identity.listGrants({ unitId: school }, again))).toMatchObject({
      reason: 'PERMISSION_MISSING',
    });
  });

  test('of somebody who holds what the caller may not take is refused, whatever small grant they are given', async () => {
    const person = await createSignedIn({ secondFactor: true });
    const { personId, username } = person;
    await give({ unitId: otherSchool, username, role: 'ROLE_UNIT_ADMIN' });
    await eventually(() => identity.listGrants({ unitId: otherSchool }, person.as));
    const { grantId } = await give({ unitId: school, username, role: 'ROLE_EDITOR' }, root.as);
    expect(await refusalOf(identity.revokeSessions({ unitId: school, personId }, root.as))).toMatchObject({
      kind: 'PERMISSION_DENIED',
      reason: 'PERSON_OUTRANKS',
    });
    // Taking the small grant back, which settles the person before it answers, does not end them either.
    await identity.takeGrant({ unitId: school, grantId }, root.as);
    const revoked = (await facts.rawTopic('portal.identity.session.v1')).map(({ key }) => key);
    expect(revoked).not.toContain(person.sessionId);
    await expect(identity.listGrants({ unitId: otherSchool }, person.as)).resolves.toBeDefined();
    await expect(identity.revokeSessions({ unitId: otherSchool, personId }, operator.as)).resolves.toEqual({
      revokedCount: 1,
    });
  });

  test('of the own account is for everybody who may call it', async () => {
    const person = await createSignedIn({ secondFactor: true });
    await give({ unitId: school, username: person.username, role: 'ROLE_UNIT_ADMIN' }, root.as);
    await eventually(() => identity.listGrants({ unitId: school }, person.as));
    await expect(identity.revokeSessions({ unitId: school, personId: person.personId }, person.as)).resolves.toEqual({
      revokedCount: 1,
    });
  });

  test('of somebody without a grant on the unit answers exactly as of nobody', async () => {
    const { person } = await holder('ROLE_UNIT_ADMIN', otherSchool);
    const revoke = (personId: string) =>
      answerAbout(personId, identity.revokeSessions({ unitId: school, personId }, root.as));
    const answer = await revoke(nowhere);
    expect(answer).toMatchObject({ kind: 'NOT_FOUND', reason: 'PERSON_NOT_FOUND' });
    expect(await revoke(person.personId)).toEqual(answer);
    expect(await revoke(stranger.personId)).toEqual(answer);
  });
});

/** Waits until the topic holds exactly these facts of the grant. Compaction runs far less often than tests do. */
async function expectPublished(grantId: string, expected: [type: string, data: unknown][]): Promise<void> {
  await eventuallyPasses(async () => {
    const messages = (await facts.rawTopic('portal.identity.grant.v1')).filter(({ key }) => key === grantId);
    const published = messages.map(({ headers, value }) => [
      headers['ce_type'],
      value === null ? null : (JSON.parse(value) as unknown),
    ]);
    expect(published).toEqual(expected);
  });
}
