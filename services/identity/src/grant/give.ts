import { notFound, permissionDenied } from '@portal/errors';
import type { By, Change } from '@portal/events';
import type { Clock } from '@portal/runtime';
import { retryLostRaces } from '../commit.ts';
import type { Commit } from '../commit.ts';
import type { KeycloakAdmin, KeycloakPerson } from '../keycloak/admin.ts';
import type { RealmRoleRules } from '../keycloak/mirror.ts';
import type { IdentityMetrics } from '../metrics.ts';
import { announce, mirror, newPerson } from '../person/domain.ts';
import type { Person } from '../person/domain.ts';
import type { PersonStore } from '../person/store.ts';
import { assertUnique, giveGrant, isInForce, isInTheWay, takeGrant } from './domain.ts';
import type { Grant, Scope } from './domain.ts';
import { explainDuplicate } from './store.ts';
import type { GrantStore } from './store.ts';

export interface GiveInit {
  grants: GrantStore;
  people: PersonStore;
  keycloak: KeycloakAdmin;
  commit: Commit;
  rules: RealmRoleRules;
  clock: Clock;
  newId: () => string;
  metrics: IdentityMetrics;
}

export interface GiveOptions {
  /** Throws where the giver may not after all; asked last thing before the commit. */
  assertMay?: () => Promise<void>;
  /** Written in the same commit. */
  along?: readonly Change[];
}

/**
 * Gives a grant that was found permissible. Throws PERSON_NOT_FOUND, SELF_GRANT, ROOT_ADMIN_EXISTS, GRANT_EXISTS, and
 * what Keycloak and the options throw; then no grant exists, and whatever was written at Keycloak is tidied away by the
 * reconciler.
 */
export type Give = (username: string, scope: Scope, by: By, options?: GiveOptions) => Promise<Grant>;

export function createGive({ grants, people, keycloak, commit, rules, clock, newId, metrics }: GiveInit): Give {
  const loadPerson = async ({ personId, username }: KeycloakPerson): Promise<Person> =>
    (await people.find(personId)) ?? newPerson(personId, username);

  const listSameRole = async ({ unitId, role }: Scope, now: Date): Promise<{ inForce: Grant[]; expired: Grant[] }> => {
    const all = await grants.listByRole(unitId, role);
    const { inForce = [], expired = [] } = Object.groupBy(all, (one) => (isInForce(one, now) ? 'inForce' : 'expired'));
    return { inForce, expired };
  };

  const commitGrant = async (known: KeycloakPerson, scope: Scope, by: By, options: GiveOptions): Promise<Grant> => {
    const now = clock.now();
    const { inForce, expired } = await listSameRole(scope, now);
    assertUnique(inForce, known.personId, scope);
    const decision = giveGrant({ ...known, scope, givenBy: by.actorId }, now, newId());
    const inTheWay = expired.filter((grant) => isInTheWay(grant, known.personId, scope));
    const concerned = new Map([known, ...inTheWay].map((one) => [one.personId, one]));
    const concernedPeople = await Promise.all([...concerned.values()].map(loadPerson));
    await options.assertMay?.();
    const changes = [
      ...inTheWay.map((grant) => grants.change(takeGrant(grant))),
      grants.change(decision),
      ...concernedPeople.map((person) => people.change(mirror(person, now))),
      ...(options.along ?? []),
    ];
    try {
      await commit(changes, by);
    } catch (error) {
      throw explainDuplicate(error, decision.grant);
    }
    for (const grant of inTheWay) metrics.grantTaken(grant, by.actorId);
    return decision.grant;
  };

  return async (username, scope, by, options = {}) => {
    const known = await keycloak.findPerson(username);
    if (known === undefined) throw personNotFound(username);
    if (known.personId === by.actorId) throw permissionDenied('SELF_GRANT');
    assertUnique((await listSameRole(scope, clock.now())).inForce, known.personId, scope);

    // Keycloak's role first: no session with the grant may skip the factor the role asks for. A crash from here on
    // leaves a role without a grant, which the announcement makes the reconciler look at.
    await retryLostRaces(async () => commit([people.change(announce(await loadPerson(known), clock.now()))], by));
    const realmRole = rules.get(scope.role)?.realmRole;
    if (realmRole !== undefined && !(await keycloak.addRealmRoles(known.personId, [realmRole]))) {
      throw personNotFound(username);
    }
    const grant = await retryLostRaces(() => commitGrant(known, scope, by, options));
    metrics.grantGiven(grant, by.actorId);
    return grant;
  };
}

function personNotFound(username: string) {
  return notFound('PERSON_NOT_FOUND', { message: `nobody is called ${username}`, metadata: { username } });
}
