import { AppError } from '@portal/errors';
import type { Actor } from '@portal/runtime';
import { unitNotFound } from '../src/index.ts';
import { createWorld, now, person } from './_world.ts';
import type { World } from './_world.ts';

/** department → office → school; a second school beside. */
function createTree(): World {
  const world = createWorld();
  world.unit('school', 'office');
  world.unit('department', '');
  world.unit('office', 'department');
  world.unit('school-2', 'office');
  return world;
}

function outcome(world: World, permission: string, unitId: string, actor: Actor = person()): string {
  try {
    world.authz.assertCan(actor, permission, unitId);
    return 'ok';
  } catch (error) {
    return error instanceof AppError ? error.reason : String(error);
  }
}

const past = new Date(now.getTime() - 1);
const future = new Date(now.getTime() + 1);

test.each<[string, { role: string; unitId: string; subtree?: boolean; until?: Date }, string, string, string]>([
  ['an editor writes on the own unit', { role: 'ROLE_EDITOR', unitId: 'school' }, 'content.post.write', 'school', 'ok'],
  [
    'an editor publishes nothing',
    { role: 'ROLE_EDITOR', unitId: 'school' },
    'content.post.publish',
    'school',
    'PERMISSION_MISSING',
  ],
  [
    'an editor does not know of another school',
    { role: 'ROLE_EDITOR', unitId: 'school' },
    'content.post.write',
    'school-2',
    'UNIT_NOT_FOUND',
  ],
  [
    'nor of the unit above',
    { role: 'ROLE_EDITOR', unitId: 'school' },
    'content.post.write',
    'office',
    'UNIT_NOT_FOUND',
  ],
  [
    'nor of one that does not exist',
    { role: 'ROLE_EDITOR', unitId: 'school' },
    'content.post.write',
    'nowhere',
    'UNIT_NOT_FOUND',
  ],
  [
    'a grant without subtree stays on its unit',
    { role: 'ROLE_EDITOR', unitId: 'department' },
    'content.post.write',
    'school',
    'UNIT_NOT_FOUND',
  ],
  [
    'a grant with subtree reaches every unit below',
    { role: 'ROLE_EDITOR', unitId: 'department', subtree: true },
    'content.post.write',
    'school',
    'ok',
  ],
  [
    'and its own',
    { role: 'ROLE_EDITOR', unitId: 'department', subtree: true },
    'content.post.write',
    'department',
    'ok',
  ],
  [
    'but not the platform',
    { role: 'ROLE_ROOT_ADMIN', unitId: 'department', subtree: true },
    'identity.grant.manage',
    '',
    'PERMISSION_MISSING',
  ],
  [
    'an operator with subtree is on every unit',
    { role: 'ROLE_OPERATOR', unitId: '', subtree: true },
    'tenant.host.bind',
    'school',
    'ok',
  ],
  [
    'even on one that has not arrived here yet',
    { role: 'ROLE_OPERATOR', unitId: '', subtree: true },
    'tenant.host.bind',
    'new',
    'ok',
  ],
  [
    'an operator writes no content',
    { role: 'ROLE_OPERATOR', unitId: '', subtree: true },
    'content.post.write',
    'school',
    'PERMISSION_MISSING',
  ],
  [
    'an operator without subtree is on the platform only',
    { role: 'ROLE_OPERATOR', unitId: '' },
    'tenant.unit.create',
    '',
    'ok',
  ],
  ['and on no unit', { role: 'ROLE_OPERATOR', unitId: '' }, 'tenant.unit.read', 'school', 'UNIT_NOT_FOUND'],
  [
    'a grant ends at its moment',
    { role: 'ROLE_EDITOR', unitId: 'school', until: now },
    'content.post.write',
    'school',
    'UNIT_NOT_FOUND',
  ],
  [
    'and is nothing after it',
    { role: 'ROLE_EDITOR', unitId: 'school', until: past },
    'content.post.write',
    'school',
    'UNIT_NOT_FOUND',
  ],
  [
    'but counts until then',
    { role: 'ROLE_EDITOR', unitId: 'school', until: future },
    'content.post.write',
    'school',
    'ok',
  ],
  [
    'a role the contract does not know allows nothing',
    { role: 'ROLE_UNSPECIFIED', unitId: 'school' },
    'content.post.read',
    'school',
    'PERMISSION_MISSING',
  ],
])('%s', (_name, grant, permission, unitId, expected) => {
  const world = createTree();
  world.give(grant);
  expect(outcome(world, permission, unitId)).toBe(expected);
  expect(world.authz.can(person(), permission, unitId)).toBe(expected === 'ok');
});

test('an administrative right does not count in a session without a second factor, and the answer says so', () => {
  const world = createTree();
  world.give({ role: 'ROLE_ROOT_ADMIN', unitId: 'school' });
  const withPasswordOnly = person({ secondFactor: false });
  expect(outcome(world, 'content.post.publish', 'school', withPasswordOnly)).toBe('SECOND_FACTOR_REQUIRED');
  expect(outcome(world, 'tenant.host.bind', 'school', withPasswordOnly)).toBe('PERMISSION_MISSING');
  expect(outcome(world, 'content.post.publish', 'school-2', withPasswordOnly)).toBe('UNIT_NOT_FOUND');
  expect(world.authz.rolesOn(withPasswordOnly, 'school')).toEqual([]);
  expect(world.authz.coversUnit(withPasswordOnly, 'school')).toBe(true);
});

test('a right held twice counts without the second factor if one of the roles needs none', () => {
  const world = createTree();
  world.give({ role: 'ROLE_ROOT_ADMIN', unitId: 'school' });
  world.give({ role: 'ROLE_EDITOR', unitId: 'school' });
  const withPasswordOnly = person({ secondFactor: false });
  expect(outcome(world, 'content.post.write', 'school', withPasswordOnly)).toBe('ok');
  expect(outcome(world, 'content.post.publish', 'school', withPasswordOnly)).toBe('SECOND_FACTOR_REQUIRED');
  expect(world.authz.rolesOn(withPasswordOnly, 'school')).toEqual(['ROLE_EDITOR']);
});

test('a taken grant allows nothing any more', () => {
  const world = createTree();
  world.give({ grantId: 'g', role: 'ROLE_EDITOR', unitId: 'school' });
  expect(outcome(world, 'content.post.write', 'school')).toBe('ok');
  world.take('g');
  expect(outcome(world, 'content.post.write', 'school')).toBe('UNIT_NOT_FOUND');
});

test('taking one of two grants leaves the other', () => {
  const world = createTree();
  world.give({ grantId: 'a', role: 'ROLE_EDITOR', unitId: 'school' });
  world.give({ grantId: 'b', role: 'ROLE_BOARD_HEAD', unitId: 'school' });
  world.take('a');
  expect(outcome(world, 'content.post.write', 'school')).toBe('ok');
  expect(world.authz.rolesOn(person(), 'school')).toEqual(['ROLE_BOARD_HEAD']);
});

test('grants of one person say nothing about another', () => {
  const world = createTree();
  world.give({ role: 'ROLE_EDITOR', unitId: 'school', personId: 'q' });
  expect(outcome(world, 'content.post.write', 'school')).toBe('UNIT_NOT_FOUND');
});

test('services and the anonymous hold no grants', () => {
  const world = createTree();
  world.give({ role: 'ROLE_OPERATOR', unitId: '', subtree: true, personId: 'tenant' });
  expect(outcome(world, 'tenant.unit.read', 'school', { kind: 'service', name: 'tenant' })).toBe('UNIT_NOT_FOUND');
  expect(outcome(world, 'tenant.unit.read', 'school', { kind: 'anonymous' })).toBe('UNIT_NOT_FOUND');
});

test('a unit that one may not know of answers exactly as one that does not exist', () => {
  const world = createTree();
  world.give({ role: 'ROLE_EDITOR', unitId: 'school' });
  for (const unitId of ['school-2', 'nowhere']) {
    let thrown: unknown;
    try {
      world.authz.assertCan(person(), 'content.post.read', unitId);
    } catch (error) {
      thrown = error;
    }
    const { kind, reason, message, metadata } = unitNotFound(unitId);
    expect(thrown).toMatchObject({ kind, reason, message, metadata });
  }
});

test('a ring of parents, which no command can make, ends the question', () => {
  const world = createWorld();
  world.unit('a', 'b');
  world.unit('b', 'a');
  world.give({ role: 'ROLE_EDITOR', unitId: 'c', subtree: true });
  expect(outcome(world, 'content.post.read', 'a')).toBe('UNIT_NOT_FOUND');
});
