import { roleRules } from '@portal/contracts';
import fc from 'fast-check';
import { grantsAttribute, realmRoleChanges } from '../src/keycloak/mirror.ts';

const rules = roleRules();
const pattern = /^[a-z-]{3,32}:[A-Za-z0-9_-]{1,64}$/;

test.each([
  [[{ role: 'ROLE_EDITOR', unitId: 'u1' }], ['editor:u1']],
  [[{ role: 'ROLE_BOARD_HEAD', unitId: 'u1' }], ['board-head:u1']],
  [[{ role: 'ROLE_OPERATOR', unitId: '' }], ['operator:platform']],
  [[], []],
])('grants %j are the attribute %j', (grants, expected) => {
  expect(grantsAttribute(grants)).toEqual(expected);
});

test('whatever is granted fits the pattern and number that the realm asks for', () => {
  const unitId = fc.oneof(fc.constant(''), fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/));
  const grant = fc.record({ role: fc.constantFrom(...rules.keys()), unitId });
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 300, size: 'max' }), (grants) => {
      const values = grantsAttribute(grants);
      expect(values.every((value) => pattern.test(value))).toBe(true);
      expect(values.length).toBeLessThanOrEqual(200);
      expect(new Set(values).size).toBe(values.length);
    }),
  );
});

test('a realm role that two grants share goes only with the last of them', () => {
  const both = [
    { role: 'ROLE_ROOT_ADMIN', unitId: 'u' },
    { role: 'ROLE_UNIT_ADMIN', unitId: 'v' },
  ];
  expect(realmRoleChanges(both, ['unit-admin'], rules)).toEqual({ add: [], remove: [] });
  expect(realmRoleChanges(both.slice(1), ['unit-admin'], rules)).toEqual({ add: [], remove: [] });
  expect(realmRoleChanges([], ['unit-admin'], rules)).toEqual({ add: [], remove: ['unit-admin'] });
});

test('realm roles that mirror nothing of ours are left alone', () => {
  const held = ['default-roles-portal', 'mfa-required', 'offline_access'];
  expect(realmRoleChanges([], held, rules)).toEqual({ add: [], remove: [] });
});

test('after the changes the person holds exactly the mirrored roles, and nothing changes a second time', () => {
  const names = [...new Set([...rules.values()].map(({ realmRole }) => realmRole)), 'mfa-required'];
  const grant = fc.record({ role: fc.constantFrom(...rules.keys()), unitId: fc.constant('u') });
  fc.assert(
    fc.property(fc.array(grant), fc.subarray(names), (grants, held) => {
      const { add, remove } = realmRoleChanges(grants, held, rules);
      const after = [...held.filter((name) => !remove.includes(name)), ...add];
      const mirrored = new Set(grants.map(({ role }) => rules.get(role)?.realmRole));
      expect(new Set(after.filter((name) => name !== 'mfa-required'))).toEqual(mirrored);
      expect(after.includes('mfa-required')).toBe(held.includes('mfa-required'));
      expect(realmRoleChanges(grants, after, rules)).toEqual({ add: [], remove: [] });
    }),
  );
});
