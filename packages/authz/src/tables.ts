import { fromJson } from '@portal/contracts';
import type { GrantEvent } from '@portal/contracts/identity/v1/GrantEvent';
import type { SessionEvent } from '@portal/contracts/identity/v1/SessionEvent';
import type { UnitEvent } from '@portal/contracts/tenant/v1/UnitEvent';
import { createTable } from '@portal/events';
import type { Table } from '@portal/events';

/** Name of a value of `portal.identity.v1.Role`; what a role may do is read from the contract. */
export type Role = string;

/** A grant in force, as far as a decision needs it. */
export interface GrantState {
  grantId: string;
  personId: string;
  role: Role;
  /** Empty for the platform itself. */
  unitId: string;
  subtree: boolean;
  until: Date | null;
}

export interface UnitState {
  unitId: string;
  /** Empty for a unit directly under the platform. */
  parentId: string;
}

/** A session whose tokens are no longer good, kept until the last of them has run out by itself. */
export interface RevokedSession {
  sessionId: string;
  personId: string;
  until: Date | null;
}

export interface AuthzTables {
  /** By grant id. */
  grants: Table<GrantState>;
  /** By unit id. */
  units: Table<UnitState>;
  /** By session id (`sid`). */
  sessions: Table<RevokedSession>;
}

/** The projections every decision is taken from; hand all three to the service's follower. */
export function createAuthzTables(): AuthzTables {
  return {
    grants: createTable<GrantState & { taken: boolean }>({
      topic: 'portal.identity.grant.v1',
      decode: (data) => {
        const { grant, taken } = fromJson('portal.identity.v1.GrantEvent', data, { unknown: 'ignore' }) as GrantEvent;
        if (grant === null) throw new Error('grant event without a grant');
        const { grantId, personId, role, unitId, subtree, until } = grant;
        return { grantId, personId, role, unitId, subtree, until, taken };
      },
      keep: (grant) => !grant.taken,
    }),
    units: createTable<UnitState>({
      topic: 'portal.tenant.unit.v1',
      decode: (data) => {
        const { unit } = fromJson('portal.tenant.v1.UnitEvent', data, { unknown: 'ignore' }) as UnitEvent;
        if (unit === null) throw new Error('unit event without a unit');
        return { unitId: unit.unitId, parentId: unit.parentId };
      },
    }),
    sessions: createTable<RevokedSession>({
      topic: 'portal.identity.session.v1',
      decode: (data) => {
        const event = fromJson('portal.identity.v1.SessionEvent', data, { unknown: 'ignore' }) as SessionEvent;
        return { sessionId: event.sessionId, personId: event.personId, until: event.until };
      },
    }),
  };
}
