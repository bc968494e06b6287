import type { Authz } from '@portal/authz';
import { assertEtag } from '@portal/contracts';
import type { Handlers } from '@portal/contracts';
import type { IdentityServiceDefinition } from '@portal/contracts/identity/v1/IdentityService';
import { authorOf } from '@portal/runtime';
import type { CallContext, Clock } from '@portal/runtime';
import { retryLostRaces } from '../commit.ts';
import type { Commit } from '../commit.ts';
import { grantMessage } from '../events.ts';
import type { IdentityMetrics } from '../metrics.ts';
import { mirror, mirrorAndEndSessions, newPerson } from '../person/domain.ts';
import type { PersonStore } from '../person/store.ts';
import { assertMayGive, assertMayTake, grantNotFound, isInForce, mayEndSessions, takeGrant } from './domain.ts';
import type { RoleRules } from './domain.ts';
import type { Give } from './give.ts';
import type { Operators } from '../operators/store.ts';
import type { GrantStore } from './store.ts';

interface GrantDeps {
  authz: Authz;
  grants: GrantStore;
  people: PersonStore;
  operators: Operators;
  commit: Commit;
  give: Give;
  /** Starts the work at Keycloak; resolves when it is done or is taking too long for this call. Never rejects. */
  settleSoon: (personId: string, call: CallContext) => Promise<void>;
  /** Throws UNIT_NOT_FOUND. */
  assertUnitExists: (unitId: string, call: CallContext) => Promise<void>;
  rules: RoleRules;
  clock: Clock;
  metrics: IdentityMetrics;
}

type GrantHandlers = Pick<Handlers<IdentityServiceDefinition, CallContext>, 'giveGrant' | 'takeGrant' | 'listGrants'>;

const defaultPageSize = 50;

export function createGrantHandlers(deps: GrantDeps): GrantHandlers {
  const { authz, grants, people, operators, commit, rules, clock, metrics } = deps;

  return {
    async giveGrant({ unitId, username, role, subtree, until }, call) {
      const scope = { unitId, role, subtree, until };
      assertMayGive(authz.grantsOn(call.actor, unitId), scope, rules, clock.now());
      await deps.assertUnitExists(unitId, call);
      const by = authorOf(call);
      // The table behind `grantsOn` may lag a moment: what the giver has just lost gives nothing any more.
      const assertMay = async (): Promise<void> => {
        const held = new Set((await grants.listOfPerson(by.actorId)).map(({ grantId }) => grantId));
        const own = authz.grantsOn(call.actor, unitId).filter(({ grantId }) => held.has(grantId));
        assertMayGive(own, scope, rules, clock.now());
      };
      const grant = await deps.give(username, scope, by, { assertMay });
      // The role is at Keycloak already; the rest of the mirror need not keep the caller waiting.
      void deps.settleSoon(grant.personId, call);
      return { grant: grantMessage(grant) };
    },

    async takeGrant({ unitId, grantId, etag }, call) {
      const by = authorOf(call);
      const taken = await retryLostRaces(async () => {
        const grant = await grants.find(unitId, grantId);
        if (grant === undefined) throw grantNotFound(grantId);
        assertMayTake(authz.grantsOn(call.actor, unitId), grant, rules);
        if (etag !== '') assertEtag(etag, grant.version);
        const person = (await people.find(grant.personId)) ?? newPerson(grant.personId, grant.username);
        const now = clock.now();
        const held = (await grants.listOfPerson(grant.personId)).filter((one) => isInForce(one, now));
        const endsSessions = mayEndSessions((on) => authz.grantsOn(call.actor, on), held, rules);
        const left = endsSessions ? mirrorAndEndSessions(person, now) : mirror(person, now);
        const operatorsLeft = await operators.taking(grant);
        await commit([grants.change(takeGrant(grant)), people.change(left), ...operatorsLeft], by);
        return grant;
      });
      metrics.grantTaken(taken, by.actorId);
      await deps.settleSoon(taken.personId, call);
      return { grant: grantMessage(taken) };
    },

    async listGrants({ unitId, pageSize, pageToken }, call) {
      await deps.assertUnitExists(unitId, call);
      const { items, nextPageToken } = await grants.list(unitId, { pageSize: pageSize || defaultPageSize, pageToken });
      const now = clock.now();
      return { grants: items.filter((grant) => isInForce(grant, now)).map(grantMessage), nextPageToken };
    },
  };
}
