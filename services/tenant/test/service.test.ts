import { tenantContract, toJson } from '@portal/contracts';
import type { CallOptions } from '@portal/runtime';
import {
  answerAbout,
  createFacts,
  createPerson,
  eventually,
  fakeClock,
  refusalOf,
  serviceConfig,
  signIn,
  silentLogger,
  startService,
  testNames,
} from '@portal/testkit';
import fc from 'fast-check';
import { createTenantService } from '../src/service.ts';

type TenantClient = Awaited<ReturnType<typeof connect>>;

const names = testNames(import.meta.url);
const facts = createFacts(names);
const clock = fakeClock('2026-09-01T00:00:00Z');
const nowhere = 'f'.repeat(24);

let tenant: TenantClient;
/** Runs the platform. */
let operator: CallOptions;
/** Answers for `school`, and for no other unit. */
let rootAdmin: CallOptions;
/** Signed in, without any grant. */
let stranger: CallOptions;
let department: string;
let school: string;
let otherSchool: string;

async function connect() {
  const service = await startService(
    (config: ReturnType<typeof serviceConfig>) => createTenantService(config, { clock, log: silentLogger }),
    serviceConfig(names),
  );
  return service.client(tenantContract);
}

beforeAll(async () => {
  tenant = await connect();
  const people = await Promise.all([1, 2, 3].map(async () => signIn(await createPerson({ secondFactor: true }))));
  [operator, rootAdmin, stranger] = people.map(({ token }) => ({ token, timeoutMs: 10_000 })) as [
    CallOptions,
    CallOptions,
    CallOptions,
  ];
  const [operatorId, rootAdminId] = people.map(({ personId }) => personId) as [string, string];
  await facts.grantsAndUnits({
    grants: [{ personId: operatorId, role: 'ROLE_OPERATOR', unitId: '', subtree: true }],
  });
  department = await eventually(() => createUnit({ parentId: '', typeCode: 'SO', officialName: 'Sở Giáo dục' }));
  school = await createUnit({ parentId: department });
  otherSchool = await createUnit({ parentId: department });
  await facts.grantsAndUnits({ grants: [{ personId: rootAdminId, role: 'ROLE_ROOT_ADMIN', unitId: school }] });
  await eventually(() => tenant.getUnit({ unitId: school }, rootAdmin));
}, 90_000);

async function createUnit(fields: { parentId: string; typeCode?: string; officialName?: string }): Promise<string> {
  const request = { typeCode: 'TH', officialName: 'Trường Tiểu học', shortName: '', ...fields };
  const { unit } = await tenant.createUnit(request, operator);
  return unit!.unitId;
}

let hosts = 0;
const newHost = (): string => `truong${(hosts += 1)}.cangio.hcm.localhost`;

/** Every rpc with a good request about the unit. */
const calls: Record<string, (unitId: string, options: CallOptions) => Promise<unknown>> = {
  createUnit: (parentId, options) =>
    tenant.createUnit({ parentId, typeCode: 'TH', officialName: 'Trường Tiểu học' }, options),
  getUnit: (unitId, options) => tenant.getUnit({ unitId }, options),
  listUnits: (parentId, options) => tenant.listUnits({ parentId }, options),
  bindHost: (unitId, options) => tenant.bindHost({ unitId, host: newHost() }, options),
  listHosts: (unitId, options) => tenant.listHosts({ unitId }, options),
  getSite: (unitId, options) => tenant.getSite({ unitId }, options),
  launchSite: (unitId, options) => tenant.launchSite({ unitId, etag: 'v1' }, options),
};
const rpcs = Object.keys(calls);
const callOf = (rpc: string) => calls[rpc]!;

describe('every rpc', () => {
  test('is in the tables of this file', () => {
    expect(rpcs.sort()).toEqual(tenantContract.rpcs.map(({ key }) => key).sort());
  });

  test.each(rpcs)('%s refuses whoever is not signed in', async (rpc) => {
    const { token: _, ...anonymous } = operator;
    expect(await refusalOf(callOf(rpc)(school, anonymous))).toMatchObject({
      kind: 'UNAUTHENTICATED',
      reason: 'TOKEN_MISSING',
    });
    expect(await refusalOf(callOf(rpc)(school, { ...operator, token: 'x.y.z' }))).toMatchObject({
      kind: 'UNAUTHENTICATED',
      reason: 'TOKEN_INVALID',
    });
  });

  test.each(rpcs)('%s answers about a unit that the caller may not know of as about none', async (rpc) => {
    const shown = (unitId: string, options: CallOptions) => answerAbout(unitId, callOf(rpc)(unitId, options));
    const answer = await shown(nowhere, operator);
    expect(answer).toMatchObject({ kind: 'NOT_FOUND', reason: 'UNIT_NOT_FOUND', metadata: { unitId: '<id>' } });
    expect(await shown(nowhere, rootAdmin)).toEqual(answer);
    expect(await shown(otherSchool, rootAdmin)).toEqual(answer);
    expect(await shown(school, stranger)).toEqual(answer);
  });

  test.each(['createUnit', 'bindHost'])('%s is for the operator alone', async (rpc) => {
    expect(await refusalOf(callOf(rpc)(school, rootAdmin))).toMatchObject({
      kind: 'PERMISSION_DENIED',
      reason: 'PERMISSION_MISSING',
    });
  });

  test('on the platform itself is refused without a platform grant', async () => {
    for (const rpc of ['createUnit', 'listUnits']) {
      expect(await refusalOf(callOf(rpc)('', rootAdmin))).toMatchObject({
        kind: 'PERMISSION_DENIED',
        reason: 'PERMISSION_MISSING',
      });
    }
  });

  const unit = { parentId: '', typeCode: 'TH', officialName: 'Trường Tiểu học', shortName: '' };
  const long = 'x'.repeat(65);
  test.each<[rpc: string, violation: string, request: object]>([
    ['createUnit', 'parentId TOO_LONG', { ...unit, parentId: long }],
    ['createUnit', 'typeCode REQUIRED', { ...unit, typeCode: '' }],
    ['createUnit', 'typeCode TOO_LONG', { ...unit, typeCode: 'A'.repeat(17) }],
    ['createUnit', 'typeCode PATTERN', { ...unit, typeCode: 'thcs' }],
    ['createUnit', 'officialName REQUIRED', { ...unit, officialName: '' }],
    ['createUnit', 'officialName REQUIRED', { ...unit, officialName: ' \u00A0 ' }],
    ['createUnit', 'officialName TOO_SHORT', { ...unit, officialName: '  TH ' }],
    ['createUnit', 'officialName TOO_LONG', { ...unit, officialName: 'ế'.repeat(201) }],
    ['createUnit', 'officialName CONTROL_CHARACTER', { ...unit, officialName: 'Trường\nTiểu học' }],
    ['createUnit', 'officialName COMBINING_MARK', { ...unit, officialName: 'Trươ\u0302\u0300ng' }],
    ['createUnit', 'shortName TOO_LONG', { ...unit, shortName: 'ế'.repeat(81) }],
    ['createUnit', 'shortName CONTROL_CHARACTER', { ...unit, shortName: 'TH\u0007' }],
    ['createUnit', 'shortName COMBINING_MARK', { ...unit, shortName: 'x\u0301' }],
    ['getUnit', 'unitId REQUIRED', { unitId: '' }],
    ['getUnit', 'unitId TOO_LONG', { unitId: long }],
    ['listUnits', 'parentId TOO_LONG', { parentId: long }],
    ['listUnits', 'pageSize TOO_SMALL', { pageSize: -1 }],
    ['listUnits', 'pageSize TOO_LARGE', { pageSize: 201 }],
    ['listUnits', 'pageToken TOO_LONG', { pageToken: 'x'.repeat(1001) }],
    ['bindHost', 'unitId REQUIRED', { unitId: '', host: 'a.b' }],
    ['bindHost', 'unitId TOO_LONG', { unitId: long, host: 'a.b' }],
    ['bindHost', 'host REQUIRED', { unitId: 'u', host: '' }],
    ['bindHost', 'host TOO_LONG', { unitId: 'u', host: `${'a.'.repeat(126)}aa` }],
    ['bindHost', 'host PATTERN', { unitId: 'u', host: 'Truong.hcm.localhost' }],
    ['bindHost', 'host PATTERN', { unitId: 'u', host: 'truong.hcm.localhost.' }],
    ['bindHost', 'host PATTERN', { unitId: 'u', host: 'truong.hcm.localhost:8080' }],
    ['bindHost', 'host PATTERN', { unitId: 'u', host: 'localhost' }],
    ['bindHost', 'host PATTERN', { unitId: 'u', host: '-a.hcm.localhost' }],
    ['bindHost', 'host PATTERN', { unitId: 'u', host: 'trường.hcm.localhost' }],
    ['listHosts', 'unitId REQUIRED', { unitId: '' }],
    ['listHosts', 'unitId TOO_LONG', { unitId: long }],
    ['getSite', 'unitId REQUIRED', { unitId: '' }],
    ['getSite', 'unitId TOO_LONG', { unitId: long }],
    ['launchSite', 'unitId REQUIRED', { unitId: '', etag: 'v1' }],
    ['launchSite', 'unitId TOO_LONG', { unitId: long, etag: 'v1' }],
    ['launchSite', 'etag REQUIRED', { unitId: 'u', etag: '' }],
    ['launchSite', 'etag TOO_LONG', { unitId: 'u', etag: long }],
  ])('%s refuses %s', async (rpc, violation, request) => {
    const client = tenant as unknown as Record<string, (request: object, options: CallOptions) => Promise<unknown>>;
    const { kind, reason, violations } = await refusalOf(client[rpc]!(request, operator));
    expect({ kind, reason }).toEqual({ kind: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' });
    expect(violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual([violation]);
  });
});

describe('a unit', () => {
  test('is created with its site, kept in NFC, and both are published whole', async () => {
    const { unit } = await tenant.createUnit(
      {
        parentId: department,
        typeCode: 'TH',
        officialName: ' Trường  Tiểu học Bình Khánh'.normalize('NFD'),
        shortName: 'TH Bình Khánh',
      },
      operator,
    );
    expect(unit).toEqual({
      unitId: expect.stringMatching(/^[0-9a-f]{24}$/),
      parentId: department,
      typeCode: 'TH',
      officialName: 'Trường Tiểu học Bình Khánh',
      shortName: 'TH Bình Khánh',
      createTime: clock.now(),
      updateTime: clock.now(),
      etag: 'v1',
    });
    expect((await tenant.getUnit({ unitId: unit!.unitId }, operator)).unit).toEqual(unit);
    const { site } = await tenant.getSite({ unitId: unit!.unitId }, operator);
    expect(site).toEqual({
      unitId: unit!.unitId,
      state: 'SITE_STATE_DRAFT',
      launchTime: null,
      updateTime: clock.now(),
      etag: 'v1',
    });
    await expectPublished('portal.tenant.unit.v1', unit!.unitId, [
      ['portal.tenant.unit.created.v1', toJson('portal.tenant.v1.UnitEvent', { unit })],
    ]);
    await expectPublished('portal.tenant.site.v1', unit!.unitId, [
      ['portal.tenant.site.created.v1', toJson('portal.tenant.v1.SiteEvent', { site })],
    ]);
  });

  test('is listed under its managing body in the order of the Vietnamese dictionary', async () => {
    const parentId = await createUnit({ parentId: department });
    const inOrder = ['Mầm non Dĩ An', 'Mầm non Duyên', 'Mầm non Đà', 'Mầm non Điện', 'Trường 2', 'Trường 10'];
    for (const officialName of [...inOrder].reverse()) await createUnit({ parentId, officialName });
    const { units, nextPageToken } = await tenant.listUnits({ parentId }, operator);
    expect(units.map(({ officialName }) => officialName)).toEqual(inOrder);
    expect(nextPageToken).toBe('');
  });

  test('is on exactly one page, whatever is created between two pages', async () => {
    const batch = fc.array(fc.constantFrom('An', 'Ân', 'Bình', 'Đông', 'Tây'), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(batch, fc.array(batch, { maxLength: 2 }), fc.integer({ min: 1, max: 3 }), async (...given) => {
        const [first, later, pageSize] = given;
        const parentId = await createUnit({ parentId: department });
        const create = (batch: string[]): Promise<string[]> =>
          Promise.all(batch.map((name) => createUnit({ parentId, officialName: `Trường ${name}` })));
        const there = await create(first);
        const seen: string[] = [];
        let pageToken = '';
        do {
          const page = await tenant.listUnits({ parentId, pageSize, pageToken }, operator);
          seen.push(...page.units.map(({ unitId }) => unitId));
          pageToken = page.nextPageToken;
          await create(later.shift() ?? []);
        } while (pageToken !== '');
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen).toEqual(expect.arrayContaining(there));
      }),
      { numRuns: 8 },
    );
  });

  test('list refuses the page token of another list', async () => {
    await createUnit({ parentId: school });
    await createUnit({ parentId: school });
    const { nextPageToken } = await tenant.listUnits({ parentId: school, pageSize: 1 }, operator);
    expect(nextPageToken).not.toBe('');
    expect(
      await refusalOf(tenant.listUnits({ parentId: department, pageToken: nextPageToken }, operator)),
    ).toMatchObject({ kind: 'INVALID_ARGUMENT', reason: 'PAGE_TOKEN_INVALID' });
  });
});

describe('a host', () => {
  test('is bound and published; the first of a unit is canonical and listed first', async () => {
    const unitId = await createUnit({ parentId: department });
    const hosts = [`z-${newHost()}`, `b-${newHost()}`, `a-${newHost()}`] as const;
    for (const host of hosts) await tenant.bindHost({ unitId, host }, operator);
    const { domainBindings } = await tenant.listHosts({ unitId }, operator);
    const expected = (host: string, canonical: boolean) => ({
      host,
      unitId,
      canonical,
      createTime: clock.now(),
      etag: 'v1',
    });
    expect(domainBindings).toEqual([expected(hosts[0], true), expected(hosts[2], false), expected(hosts[1], false)]);
    await expectPublished('portal.tenant.domain-binding.v1', hosts[0], [
      [
        'portal.tenant.domain-binding.bound.v1',
        toJson('portal.tenant.v1.DomainBindingEvent', { domainBinding: domainBindings[0] }),
      ],
    ]);
  });

  test.each([
    ['quantri.hcm.localhost', 'HOST_RESERVED'],
    ['192.168.1.10', 'HOST_NUMERIC'],
  ])('%s is refused as %s', async (host, reason) => {
    expect(await refusalOf(tenant.bindHost({ unitId: school, host }, operator))).toMatchObject({
      kind: 'INVALID_ARGUMENT',
      reason,
      violations: [expect.objectContaining({ field: 'host', reason })],
    });
  });

  test('asked for by many units at once goes to exactly one, for ever', async () => {
    const host = newHost();
    const units = await Promise.all(Array.from({ length: 8 }, () => createUnit({ parentId: department })));
    const outcomes = await Promise.allSettled(units.map((unitId) => tenant.bindHost({ unitId, host }, operator)));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refusals).toHaveLength(7);
    for (const refusal of refusals) expect(refusal).toMatchObject({ kind: 'ALREADY_EXISTS', reason: 'HOST_TAKEN' });
    for (const unitId of units) {
      expect(await refusalOf(tenant.bindHost({ unitId, host }, operator))).toMatchObject({ reason: 'HOST_TAKEN' });
    }
  });

  test('bound together with others of its unit leaves the unit with one canonical host', async () => {
    const unitId = await createUnit({ parentId: department });
    const wanted = Array.from({ length: 6 }, newHost);
    const outcomes = await Promise.allSettled(wanted.map((host) => tenant.bindHost({ unitId, host }, operator)));
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') continue;
      expect(outcome.reason).toMatchObject({ kind: 'ABORTED', reason: 'STALE_VERSION' });
      // What ABORTED asks for: the same again.
      await tenant.bindHost({ unitId, host: wanted[index]! }, operator);
    }
    const { domainBindings } = await tenant.listHosts({ unitId }, operator);
    expect(domainBindings.map(({ host }) => host).sort()).toEqual([...wanted].sort());
    expect(domainBindings.filter(({ canonical }) => canonical)).toHaveLength(1);
  });
});

describe('a site', () => {
  test('goes live once it has a host, by the hand of its own root administrator, and is published whole', async () => {
    const { site: draft } = await tenant.getSite({ unitId: school }, rootAdmin);
    expect(await refusalOf(tenant.launchSite({ unitId: school, etag: draft!.etag }, rootAdmin))).toMatchObject({
      kind: 'FAILED_PRECONDITION',
      reason: 'SITE_WITHOUT_HOST',
    });
    await tenant.bindHost({ unitId: school, host: newHost() }, operator);
    clock.advance(60_000);
    const { site } = await tenant.launchSite({ unitId: school, etag: draft!.etag }, rootAdmin);
    expect(site).toEqual({
      unitId: school,
      state: 'SITE_STATE_LIVE',
      launchTime: clock.now(),
      updateTime: clock.now(),
      etag: 'v2',
    });
    expect((await tenant.getSite({ unitId: school }, rootAdmin)).site).toEqual(site);
    await expectPublished('portal.tenant.site.v1', school, [
      ['portal.tenant.site.created.v1', toJson('portal.tenant.v1.SiteEvent', { site: draft })],
      ['portal.tenant.site.launched.v1', toJson('portal.tenant.v1.SiteEvent', { site })],
    ]);
    expect(await refusalOf(tenant.launchSite({ unitId: school, etag: draft!.etag }, rootAdmin))).toMatchObject({
      kind: 'ABORTED',
      reason: 'STALE_VERSION',
    });
    expect(await refusalOf(tenant.launchSite({ unitId: school, etag: site!.etag }, rootAdmin))).toMatchObject({
      kind: 'FAILED_PRECONDITION',
      reason: 'SITE_ALREADY_LIVE',
    });
  });

  test('launched by several at once is launched once', async () => {
    const unitId = await createUnit({ parentId: department });
    await tenant.bindHost({ unitId, host: newHost() }, operator);
    const launch = () => tenant.launchSite({ unitId, etag: 'v1' }, operator);
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, launch));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refusals).toHaveLength(4);
    for (const refusal of refusals) expect(refusal).toMatchObject({ kind: 'ABORTED', reason: 'STALE_VERSION' });
    expect((await tenant.getSite({ unitId }, operator)).site).toMatchObject({ state: 'SITE_STATE_LIVE', etag: 'v2' });
  });
});

/** The topic holds these events of the aggregate, in this order and at versions 1, 2, … */
async function expectPublished(topic: string, key: string, expected: readonly [type: string, data: object][]) {
  await eventually(async () => {
    const messages = (await facts.rawTopic(topic)).filter((message) => message.key === key);
    expect(messages.map(({ headers }) => headers.ce_type)).toEqual(expected.map(([type]) => type));
    expect(messages.map(({ value }) => JSON.parse(value ?? 'null') as unknown)).toEqual(
      expected.map(([, data]) => data),
    );
    expect(messages.map(({ headers }) => headers.ce_version)).toEqual(expected.map((_, index) => String(index + 1)));
    for (const { headers } of messages) expect(headers.ce_source).toBe('/portal/tenant');
    return true;
  });
}
