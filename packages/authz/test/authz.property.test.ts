import { roleRules } from '@portal/contracts';
import { AppError } from '@portal/errors';
import fc from 'fast-check';
import { createWorld, now, person } from './_world.ts';
import type { GivenGrant } from './_world.ts';

const rules = roleRules();
const permissions = [...new Set([...rules.values()].flatMap((rule) => [...rule.permissions])), 'nothing.at.all'];
const people = ['p', 'q'];

/** Parents by unit: each unit hangs under an earlier one or under the platform. */
const trees = fc
  .array(fc.nat(), { minLength: 1, maxLength: 12 })
  .map((picks) => new Map(picks.map((pick, n) => [`u${n}`, pick % (n + 1) === n ? '' : `u${pick % (n + 1)}`])));

const grantsOn = (units: readonly string[]) =>
  fc.array(
    fc.record({
      personId: fc.constantFrom(...people),
      role: fc.constantFrom(...rules.keys()),
      unitId: fc.constantFrom('', ...units),
      subtree: fc.boolean(),
      until: fc.constantFrom(null, new Date(now.getTime() - 1000), new Date(now.getTime() + 1000)),
      taken: fc.boolean(),
    }),
    { maxLength: 12 },
  );

const worlds = trees.chain((tree) => {
  const units = [...tree.keys()];
  return fc.record({
    tree: fc.constant(tree),
    grants: grantsOn(units).map((list) => list.map((grant, n) => ({ grantId: `g${n}`, ...grant }))),
    order: fc.shuffledSubarray(units, { minLength: units.length }),
    secondFactor: fc.boolean(),
  });
});

interface Model {
  tree: ReadonlyMap<string, string>;
  grants: readonly (GivenGrant & { taken: boolean })[];
  secondFactor: boolean;
}

/** The rules once more, as slow and as plain as they can be said. */
function naiveOutcome(
  { tree, grants, secondFactor }: Model,
  personId: string,
  permission: string,
  unitId: string,
): string {
  const above = [unitId];
  while (above.at(-1) !== '') above.push(tree.get(above.at(-1) ?? '') ?? '');
  const covering = grants.filter(
    (grant) =>
      !grant.taken &&
      grant.personId === personId &&
      (grant.until === null || grant.until > now) &&
      (grant.unitId === unitId || (grant.subtree && above.includes(grant.unitId))),
  );
  const allowing = covering
    .flatMap(({ role }) => rules.get(role) ?? [])
    .filter((rule) => rule.permissions.has(permission));
  if (allowing.some((rule) => secondFactor || !rule.secondFactor)) return 'ok';
  if (allowing.length > 0) return 'SECOND_FACTOR_REQUIRED';
  return covering.length === 0 && unitId !== '' ? 'UNIT_NOT_FOUND' : 'PERMISSION_MISSING';
}

test('every question over every tree and set of grants is answered as the plain rules say', () => {
  fc.assert(
    fc.property(worlds, ({ tree, grants, order, secondFactor }) => {
      const world = createWorld();
      // Facts of different aggregates arrive in any order.
      for (const grant of grants.slice(0, grants.length / 2)) world.give(grant);
      for (const unitId of order) world.unit(unitId, tree.get(unitId) ?? '');
      for (const grant of grants.slice(grants.length / 2)) world.give(grant);
      for (const grant of grants) if (grant.taken) world.take(grant.grantId);

      for (const personId of people) {
        const actor = person({ personId, secondFactor });
        for (const unitId of ['', 'unknown', ...tree.keys()]) {
          for (const permission of permissions) {
            let outcome = 'ok';
            try {
              world.authz.assertCan(actor, permission, unitId);
            } catch (error) {
              outcome = error instanceof AppError ? error.reason : String(error);
            }
            expect(outcome).toBe(naiveOutcome({ tree, grants, secondFactor }, personId, permission, unitId));
          }
        }
      }
    }),
    { numRuns: 300 },
  );
});
