import { createFacts, testNames } from '../src/index.ts';

test('a topic gives back everything published to it, as the contract has it', async () => {
  const facts = createFacts(testNames(import.meta.url));
  const [grantId = ''] = await facts.grantsAndUnits({
    units: [{ unitId: 'u1' }, { unitId: 'u2', parentId: 'u1', officialName: 'Trường Tiểu học Bình Khánh' }],
    grants: [{ personId: 'p1', role: 'ROLE_EDITOR', unitId: 'u2' }],
  });
  await facts.takeGrant(grantId);

  const units = await facts.rawTopic('portal.tenant.unit.v1');
  expect(units.map(({ key }) => key)).toEqual(['u1', 'u2']);
  expect(units[1]?.headers).toMatchObject({
    ce_source: '/portal/tenant',
    ce_type: 'portal.tenant.unit.created.v1',
    ce_subject: 'u2',
    ce_version: '1',
  });
  expect(JSON.parse(units[1]?.value ?? '')).toMatchObject({
    unit: { unitId: 'u2', parentId: 'u1', officialName: 'Trường Tiểu học Bình Khánh' },
  });

  const grants = await facts.rawTopic('portal.identity.grant.v1');
  expect(grants.map(({ key }) => key)).toEqual([grantId, grantId, grantId]);
  expect(grants.map(({ value }) => (value === null ? null : (JSON.parse(value) as { taken: boolean }).taken))).toEqual([
    false,
    true,
    null,
  ]);
});

test('a topic that does not exist is empty', async () => {
  expect(await createFacts(testNames(import.meta.url)).rawTopic('portal.tenant.site.v1')).toEqual([]);
});

test('two files never share a topic', async () => {
  const [one, other] = [createFacts(testNames(import.meta.url)), createFacts(testNames(import.meta.url))];
  await one.grantsAndUnits({ units: [{ unitId: 'u1' }] });
  expect(await other.rawTopic('portal.tenant.unit.v1')).toEqual([]);
});
