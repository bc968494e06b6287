/** A grant as other systems see it in the `grants` attribute. */
export interface MirroredGrant {
  role: string;
  unitId: string;
}

/** The realm's user profile accepts this many values; an officer with more shows the first of them. */
const maxValues = 200;

/** `ROLE_BOARD_HEAD` on unit u1 → `board-head:u1`; on the platform → `operator:platform`. Sorted, each once. */
export function grantsAttribute(grants: readonly MirroredGrant[]): string[] {
  const values = grants.map(({ role, unitId }) => `${kebab(role)}:${unitId === '' ? 'platform' : unitId}`);
  return [...new Set(values)].sort().slice(0, maxValues);
}

export interface RealmRoleRules {
  get(role: string): { realmRole: string } | undefined;
  values(): Iterable<{ realmRole: string }>;
}

/**
 * Which realm roles to add and remove so that Keycloak asks the person for the right factors. Several roles share one
 * realm role: it goes only when no grant maps to it. Roles that mirror nothing of ours are left alone.
 */
export function realmRoleChanges(
  grants: readonly MirroredGrant[],
  held: readonly string[],
  rules: RealmRoleRules,
): { add: string[]; remove: string[] } {
  const wanted = new Set(grants.flatMap(({ role }) => rules.get(role)?.realmRole ?? []));
  const ours = new Set([...rules.values()].map(({ realmRole }) => realmRole));
  return {
    add: [...wanted].filter((name) => !held.includes(name)),
    remove: held.filter((name) => ours.has(name) && !wanted.has(name)),
  };
}

function kebab(role: string): string {
  return role
    .replace(/^ROLE_/, '')
    .toLowerCase()
    .replaceAll('_', '-');
}
