import type { Authz } from '@portal/authz';
import type { Handlers } from '@portal/contracts';
import type { IdentityServiceDefinition } from '@portal/contracts/identity/v1/IdentityService';
import { notFound, permissionDenied } from '@portal/errors';
import { authorOf } from '@portal/runtime';
import type { CallContext, Clock } from '@portal/runtime';
import { retryLostRaces } from '../commit.ts';
import type { Commit } from '../commit.ts';
import { isInForce, mayEndSessions } from '../grant/domain.ts';
import type { RoleRules } from '../grant/domain.ts';
import type { GrantStore } from '../grant/store.ts';
import type { KeycloakAdmin } from '../keycloak/admin.ts';
import type { IdentityMetrics } from '../metrics.ts';
import { endSessions, newPerson } from '../person/domain.ts';
import type { PersonStore } from '../person/store.ts';
import type { Revoke } from './revoke.ts';

interface SessionDeps {
  authz: Authz;
  grants: GrantStore;
  people: PersonStore;
  keycloak: KeycloakAdmin;
  commit: Commit;
  revoke: Revoke;
  settleSoon: (personId: string, call: CallContext) => Promise<void>;
  rules: RoleRules;
  clock: Clock;
  metrics: IdentityMetrics;
}

type SessionHandlers = Pick<Handlers<IdentityServiceDefinition, CallContext>, 'revokeSessions'>;

export function createSessionHandlers(deps: SessionDeps): SessionHandlers {
  const { authz, grants, people, keycloak, commit, revoke, rules, clock, metrics } = deps;

  return {
    async revokeSessions({ unitId, personId }, call) {
      const now = clock.now();
      const held = (await grants.listOfPerson(personId)).filter((grant) => isInForce(grant, now));
      const here = held.find((grant) => grant.unitId === unitId);
      if (here === undefined) throw personNotFound(personId);
      const by = authorOf(call);
      const isSelf = personId === by.actorId;
      if (!isSelf && !mayEndSessions((on) => authz.grantsOn(call.actor, on), held, rules)) {
        throw permissionDenied('PERSON_OUTRANKS', { metadata: { personId } });
      }

      // Asked before anything is written: without Keycloak nobody knows which sessions there are.
      const sessionIds = (await keycloak.listSessions(personId)) ?? [];
      await retryLostRaces(async () => {
        const person = (await people.find(personId)) ?? newPerson(personId, here.username);
        await commit([people.change(endSessions(person, now))], by);
      });
      const revokedCount = await revoke(personId, sessionIds, by);
      metrics.sessionsRevoked(personId, revokedCount);
      await deps.settleSoon(personId, call);
      return { revokedCount };
    },
  };
}

function personNotFound(personId: string) {
  return notFound('PERSON_NOT_FOUND', { message: `person ${personId} not found`, metadata: { personId } });
}
