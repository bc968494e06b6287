import type { AuthzTables, GrantState } from './tables.ts';

/** Deeper than any administration is; keeps a damaged tree from costing more than a look-up. */
const maxDepth = 64;

export interface GrantIndex {
  /** Every grant of the person whose scope covers the unit, whether or not it has run out. O(depth of the unit). */
  covering(personId: string, unitId: string): GrantState[];
}

/**
 * Person → unit → grants, kept by the table's changes. A question walks up from the unit, so that it costs the same
 * for a teacher with one grant and an officer with one on each of 300 units.
 */
export function createGrantIndex({ grants, units }: Pick<AuthzTables, 'grants' | 'units'>): GrantIndex {
  const byPerson = new Map<string, Map<string, Map<string, GrantState>>>();

  const add = (grant: GrantState): void => {
    const byUnit = getOrAdd(byPerson, grant.personId, () => new Map<string, Map<string, GrantState>>());
    getOrAdd(byUnit, grant.unitId, () => new Map<string, GrantState>()).set(grant.grantId, grant);
  };
  const remove = (grant: GrantState): void => {
    const byUnit = byPerson.get(grant.personId);
    const onUnit = byUnit?.get(grant.unitId);
    onUnit?.delete(grant.grantId);
    if (onUnit?.size === 0) byUnit?.delete(grant.unitId);
    if (byUnit?.size === 0) byPerson.delete(grant.personId);
  };

  for (const grant of grants.values()) add(grant);
  grants.onChange((_id, next, previous) => {
    if (previous !== undefined) remove(previous);
    if (next !== undefined) add(next);
  });

  return {
    covering(personId, unitId) {
      const byUnit = byPerson.get(personId);
      if (byUnit === undefined) return [];
      const found: GrantState[] = [...(byUnit.get(unitId)?.values() ?? [])];
      let current = unitId;
      for (let depth = 0; current !== '' && depth < maxDepth; depth += 1) {
        // A unit not heard of yet hangs under the platform: only a grant on every unit covers it.
        current = units.get(current)?.parentId ?? '';
        for (const grant of byUnit.get(current)?.values() ?? []) if (grant.subtree) found.push(grant);
      }
      return found;
    },
  };
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const existing = map.get(key);
  if (existing !== undefined) return existing;
  const created = create();
  map.set(key, created);
  return created;
}
