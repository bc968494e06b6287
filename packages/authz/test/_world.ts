import { toJson } from '@portal/contracts';
import { feedTable } from '@portal/events';
import type { JsonObject, Table } from '@portal/events';
import type { Actor } from '@portal/runtime';
import { createAuthz, createAuthzTables } from '../src/index.ts';
import type { Authz, AuthzTables, TokenVerifier } from '../src/index.ts';

export const now = new Date('2026-03-01T08:00:00Z');

export interface GivenGrant {
  grantId: string;
  personId: string;
  role: string;
  unitId: string;
  subtree: boolean;
  until: Date | null;
}

export interface World {
  tables: AuthzTables;
  authz: Authz;
  unit(unitId: string, parentId: string): void;
  give(grant: Partial<GivenGrant> & { role: string; unitId: string }): void;
  take(grantId: string): void;
  revoke(sessionId: string): void;
}

/** Authorisation over tables that are fed as a follower would, without servers. */
export function createWorld({ verifier, ready }: { verifier?: TokenVerifier; ready?: () => boolean } = {}): World {
  const tables = createAuthzTables();
  const nobody: TokenVerifier = { verify: () => Promise.reject(new Error('no tokens in this test')) };
  const authz = createAuthz({
    verifier: verifier ?? nobody,
    tables,
    clock: { now: () => now },
    ...(ready && { ready }),
  });
  let version = 0;

  const feed = <S>(table: Table<S>, key: string, data: JsonObject | null): void => {
    version += 1;
    const { topic } = table;
    feedTable(table, {
      id: `e${version}`,
      type: `${topic}.test`,
      topic,
      key,
      version,
      time: now,
      actorId: 'test',
      data,
    });
  };

  return {
    tables,
    authz,
    unit(unitId, parentId) {
      feed(tables.units, unitId, toJson('portal.tenant.v1.UnitEvent', { unit: { unitId, parentId } }));
    },
    give({ grantId = `g${version}`, personId = 'p', subtree = false, until = null, ...rest }) {
      const grant = { grantId, personId, subtree, until, ...rest };
      feed(tables.grants, grantId, toJson('portal.identity.v1.GrantEvent', { grant }));
    },
    take(grantId) {
      const grant = { grantId, ...tables.grants.get(grantId) };
      feed(tables.grants, grantId, toJson('portal.identity.v1.GrantEvent', { grant, taken: true }));
      feed(tables.grants, grantId, null);
    },
    revoke(sessionId) {
      const event = { sessionId, personId: 'p', until: new Date(now.getTime() + 60_000) };
      feed(tables.sessions, sessionId, toJson('portal.identity.v1.SessionEvent', event));
    },
  };
}

export function person({ personId = 'p', secondFactor = true, sessionId = 's' } = {}): Actor {
  return { kind: 'person', personId, username: 'gv.an', sessionId, secondFactor };
}
