import { roleRules } from '@portal/contracts';
import { AppError } from '@portal/errors';
import fc from 'fast-check';
import {
  assertMayGive,
  assertMayTake,
  assertOperatorStays,
  assertUnique,
  giveGrant,
  isInForce,
  isInTheWay,
  mayEndSessions,
  takeGrant,
} from '../src/grant/domain.ts';
import type { Grant, OwnGrant, Scope } from '../src/grant/domain.ts';

const rules = roleRules();
const now = new Date('2026-03-01T08:00:00Z');
const hour = 3_600_000;
const at = (hours: number): Date => new Date(now.getTime() + hours * hour);

function reasonOf(fn: () => void): string {
  try {
    fn();
    return 'ok';
  } catch (error) {
    if (!(error instanceof AppError)) return String(error);
    return error.violations.length > 0 ? error.violations.map((v) => `${v.field} ${v.reason}`).join() : error.reason;
  }
}

const own = (role: string, changes: Partial<OwnGrant> = {}): OwnGrant => ({
  role,
  subtree: false,
  until: null,
  ...changes,
});
const wanted = (role: string, changes: Partial<Scope> = {}): Scope => ({
  role,
  unitId: 'u',
  subtree: false,
  until: null,
  ...changes,
});
const grant = (changes: Partial<Grant> = {}): Grant => ({
  grantId: 'g',
  personId: 'p',
  username: 'an',
  role: 'ROLE_EDITOR',
  unitId: 'u',
  subtree: false,
  until: null,
  createTime: now,
  givenBy: 'q',
  version: 1,
  ...changes,
});

describe('giving', () => {
  test.each<[string, OwnGrant[], Scope, string]>([
    ['a root administrator makes an editor', [own('ROLE_ROOT_ADMIN')], wanted('ROLE_EDITOR'), 'ok'],
    [
      'a root administrator makes no second one',
      [own('ROLE_ROOT_ADMIN')],
      wanted('ROLE_ROOT_ADMIN'),
      'ROLE_NOT_GRANTABLE',
    ],
    [
      'a unit administrator makes no board head',
      [own('ROLE_UNIT_ADMIN')],
      wanted('ROLE_BOARD_HEAD'),
      'ROLE_NOT_GRANTABLE',
    ],
    ['an editor makes nobody', [own('ROLE_EDITOR')], wanted('ROLE_EDITOR'), 'ROLE_NOT_GRANTABLE'],
    ['who holds nothing gives nothing', [], wanted('ROLE_EDITOR'), 'ROLE_NOT_GRANTABLE'],
    [
      'a role that the contract does not know gives nothing',
      [own('ROLE_NEW')],
      wanted('ROLE_EDITOR'),
      'ROLE_NOT_GRANTABLE',
    ],
    [
      'no subtree from a grant on one unit',
      [own('ROLE_ROOT_ADMIN')],
      wanted('ROLE_EDITOR', { subtree: true }),
      'GRANT_EXCEEDS_OWN',
    ],
    [
      'a subtree from a subtree',
      [own('ROLE_ROOT_ADMIN', { subtree: true })],
      wanted('ROLE_EDITOR', { subtree: true }),
      'ok',
    ],
    ['one unit from a subtree', [own('ROLE_ROOT_ADMIN', { subtree: true })], wanted('ROLE_EDITOR'), 'ok'],
    [
      'no grant without end from one that ends',
      [own('ROLE_ROOT_ADMIN', { until: at(2) })],
      wanted('ROLE_EDITOR'),
      'GRANT_EXCEEDS_OWN',
    ],
    [
      'none that ends later',
      [own('ROLE_ROOT_ADMIN', { until: at(2) })],
      wanted('ROLE_EDITOR', { until: at(3) }),
      'GRANT_EXCEEDS_OWN',
    ],
    [
      'one that ends at the same moment',
      [own('ROLE_ROOT_ADMIN', { until: at(2) })],
      wanted('ROLE_EDITOR', { until: at(2) }),
      'ok',
    ],
    [
      'no sum of two grants that each lack something',
      [own('ROLE_ROOT_ADMIN', { until: at(2), subtree: true }), own('ROLE_ROOT_ADMIN')],
      wanted('ROLE_EDITOR', { subtree: true }),
      'GRANT_EXCEEDS_OWN',
    ],
    [
      'the grant that suffices is found among others',
      [own('ROLE_EDITOR'), own('ROLE_UNIT_ADMIN', { until: at(1) }), own('ROLE_ROOT_ADMIN')],
      wanted('ROLE_EDITOR'),
      'ok',
    ],
    [
      'nothing that has ended before it begins',
      [own('ROLE_ROOT_ADMIN')],
      wanted('ROLE_EDITOR', { until: now }),
      'until NOT_IN_FUTURE',
    ],
    [
      'an operator makes an operator of the platform',
      [own('ROLE_OPERATOR', { subtree: true })],
      wanted('ROLE_OPERATOR', { unitId: '', subtree: true }),
      'ok',
    ],
    [
      'no operator of a single unit',
      [own('ROLE_OPERATOR', { subtree: true })],
      wanted('ROLE_OPERATOR'),
      'ROLE_NOT_ON_UNIT',
    ],
    [
      'no root administrator of the platform',
      [own('ROLE_OPERATOR', { subtree: true })],
      wanted('ROLE_ROOT_ADMIN', { unitId: '' }),
      'ROLE_NOT_ON_UNIT',
    ],
    [
      'an operator makes no editor',
      [own('ROLE_OPERATOR', { subtree: true })],
      wanted('ROLE_EDITOR'),
      'ROLE_NOT_GRANTABLE',
    ],
  ])('%s', (_name, mine, scope, expected) => {
    expect(reasonOf(() => assertMayGive(mine, scope, rules, now))).toBe(expected);
  });

  test('nobody ever gives a role, a reach or a duration that no own grant contains', () => {
    const until = fc.constantFrom(null, at(1), at(2), at(3));
    const role = fc.constantFrom(...rules.keys());
    const anyOwn = fc.array(fc.record({ role, subtree: fc.boolean(), until }), { maxLength: 4 });
    const anyWanted = fc.record({ role, unitId: fc.constantFrom('', 'u'), subtree: fc.boolean(), until });
    fc.assert(
      fc.property(anyOwn, anyWanted, (mine, scope) => {
        const given = reasonOf(() => assertMayGive(mine, scope, rules, now)) === 'ok';
        const end = scope.until?.getTime() ?? Infinity;
        const contained = mine.some(
          (one) =>
            rules.get(one.role)?.mayGrant.has(scope.role) === true &&
            (one.subtree || !scope.subtree) &&
            end <= (one.until?.getTime() ?? Infinity),
        );
        const fits = (scope.role === 'ROLE_OPERATOR') === (scope.unitId === '');
        expect(given).toBe(contained && fits);
      }),
    );
  });

  test('a new grant is version 1 and says who gave it when', () => {
    const scope = wanted('ROLE_EDITOR', { subtree: true, until: at(1) });
    expect(giveGrant({ personId: 'p', username: 'an', scope, givenBy: 'q' }, now, 'g')).toEqual({
      grant: grant({ subtree: true, until: at(1) }),
      facts: ['given'],
    });
  });
});

describe('taking', () => {
  test.each<[string, OwnGrant[], Grant, string]>([
    ['what one may give', [own('ROLE_ROOT_ADMIN')], grant(), 'ok'],
    [
      'not the grant of the one above',
      [own('ROLE_UNIT_ADMIN')],
      grant({ role: 'ROLE_ROOT_ADMIN' }),
      'ROLE_NOT_GRANTABLE',
    ],
    ['one that reaches further', [own('ROLE_ROOT_ADMIN')], grant({ subtree: true }), 'ok'],
    ['nothing without a grant on the unit', [], grant(), 'ROLE_NOT_GRANTABLE'],
    ['one that would have lasted longer', [own('ROLE_ROOT_ADMIN', { until: at(1) })], grant(), 'ok'],
  ])('%s', (_name, mine, taken, expected) => {
    expect(reasonOf(() => assertMayTake(mine, taken, rules))).toBe(expected);
  });

  test.each([...rules.keys()])('an operator takes %s', (role) => {
    expect(reasonOf(() => assertMayTake([own('ROLE_OPERATOR')], grant({ role }), rules))).toBe('ok');
  });

  const operator = grant({ role: 'ROLE_OPERATOR', unitId: '', subtree: true });
  test.each<[string, Partial<Grant>[], string]>([
    ['not the last operator', [], 'LAST_OPERATOR'],
    ['not the last operator without end', [{ until: at(1) }], 'LAST_OPERATOR'],
    ['not the last operator who reaches every unit', [{ subtree: false }], 'LAST_OPERATOR'],
    ['one operator of two', [{}], 'ok'],
  ])('%s', (_name, others, expected) => {
    const operators = others.map((changes, n) => ({ ...operator, ...changes, grantId: `other${n}` }));
    expect(reasonOf(() => assertOperatorStays([operator, ...operators], operator.grantId))).toBe(expected);
  });

  test('the last fact of a grant shows it as it was', () => {
    expect(takeGrant(grant())).toEqual({ grant: grant(), facts: ['taken'] });
  });
});

describe('uniqueness', () => {
  test.each<[string, Grant[], Scope, string]>([
    ['the first', [], wanted('ROLE_ROOT_ADMIN'), 'ok'],
    [
      'a second root administrator',
      [grant({ role: 'ROLE_ROOT_ADMIN' })],
      wanted('ROLE_ROOT_ADMIN'),
      'ROOT_ADMIN_EXISTS',
    ],
    ['a second editor', [grant()], wanted('ROLE_EDITOR'), 'ok'],
    ['the same person twice', [grant({ personId: 'r' })], wanted('ROLE_EDITOR'), 'GRANT_EXISTS'],
    [
      'the root administrator once more',
      [grant({ role: 'ROLE_ROOT_ADMIN', personId: 'r' })],
      wanted('ROLE_ROOT_ADMIN'),
      'GRANT_EXISTS',
    ],
  ])('%s', (_name, sameRole, scope, expected) => {
    expect(reasonOf(() => assertUnique(sameRole, 'r', scope))).toBe(expected);
  });
});

describe('ending the sessions of somebody', () => {
  /** A unit administrator of u who also edits at v. */
  const ownOn = (unitId: string) => ({ u: [own('ROLE_UNIT_ADMIN')], v: [own('ROLE_EDITOR')] })[unitId] ?? [];

  test.each<[string, Pick<Grant, 'role' | 'unitId'>[], boolean]>([
    ['who holds what one may take', [{ role: 'ROLE_EDITOR', unitId: 'u' }], true],
    ['who stands above', [{ role: 'ROLE_ROOT_ADMIN', unitId: 'u' }], false],
    [
      'who stands above and was given something small',
      [
        { role: 'ROLE_ROOT_ADMIN', unitId: 'u' },
        { role: 'ROLE_EDITOR', unitId: 'u' },
      ],
      false,
    ],
    [
      'who holds something on another unit',
      [
        { role: 'ROLE_EDITOR', unitId: 'u' },
        { role: 'ROLE_EDITOR', unitId: 'w' },
      ],
      false,
    ],
    [
      'who holds something where the own role takes nothing',
      [
        { role: 'ROLE_EDITOR', unitId: 'u' },
        { role: 'ROLE_EDITOR', unitId: 'v' },
      ],
      false,
    ],
    [
      'who runs the platform',
      [
        { role: 'ROLE_EDITOR', unitId: 'u' },
        { role: 'ROLE_OPERATOR', unitId: '' },
      ],
      false,
    ],
  ])('%s', (_name, held, expected) => {
    expect(mayEndSessions(ownOn, held, rules)).toBe(expected);
  });
});

test.each<[string, Grant, Scope, boolean]>([
  ['the own one', grant({ personId: 'r' }), wanted('ROLE_EDITOR'), true],
  ['of another person', grant(), wanted('ROLE_EDITOR'), false],
  ['of another root administrator', grant({ role: 'ROLE_ROOT_ADMIN' }), wanted('ROLE_ROOT_ADMIN'), true],
])('a grant that has run out, %s, is in the way of a new one or not', (_name, expired, scope, expected) => {
  expect(isInTheWay(expired, 'r', scope)).toBe(expected);
});

test.each([
  [null, true],
  [at(1), true],
  [now, false],
  [at(-1), false],
])('a grant until %s is in force: %j', (until, expected) => {
  expect(isInForce({ until }, now)).toBe(expected);
});
