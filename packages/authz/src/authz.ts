import { roleRules } from '@portal/contracts';
import type { Rpc } from '@portal/contracts';
import { internal, notFound, permissionDenied, unauthenticated, unavailable } from '@portal/errors';
import type { AppError } from '@portal/errors';
import type { Actor, Authorize, Clock } from '@portal/runtime';
import { createGrantIndex } from './grant-index.ts';
import type { AuthzTables, GrantState, Role } from './tables.ts';
import type { TokenVerifier } from './token-verifier.ts';

export interface Authz {
  /** For `createGrpcServer`: who calls, and may they call this rpc with this request. */
  authorize: Authorize;
  /**
   * Throws unless a role of the actor holds the permission on the unit ('' = the platform) in this session.
   * NOT_FOUND `UNIT_NOT_FOUND` where no role covers the unit, exactly what a unit that does not exist answers;
   * PERMISSION_DENIED `PERMISSION_MISSING`, or `SECOND_FACTOR_REQUIRED` where only that is lacking.
   */
  assertCan(actor: Actor, permission: string, unitId: string): void;
  can(actor: Actor, permission: string, unitId: string): boolean;
  /** Does any grant in force cover the unit, whatever it allows and however the person signed in? */
  coversUnit(actor: Actor, unitId: string): boolean;
  /** The grants that cover the unit and count in this session: in force, with the second factor their role asks for. */
  grantsOn(actor: Actor, unitId: string): GrantState[];
  /** The roles of `grantsOn`, each once. */
  rolesOn(actor: Actor, unitId: string): Role[];
}

/** The one answer for a unit that does not exist and for one the caller may not know of. */
export function unitNotFound(unitId: string): AppError {
  return notFound('UNIT_NOT_FOUND', { message: `unit ${unitId} not found`, metadata: { unitId } });
}

export interface AuthzOptions {
  verifier: TokenVerifier;
  tables: AuthzTables;
  clock: Clock;
  /** Have the tables been read once? Until then calls are answered UNAVAILABLE, never from half a table. */
  ready?: () => boolean;
}

export function createAuthz({ verifier, tables, clock, ready = () => true }: AuthzOptions): Authz {
  const index = createGrantIndex(tables);
  const rules = roleRules();

  const inForce = (actor: Actor, unitId: string): GrantState[] => {
    if (actor.kind !== 'person') return [];
    const now = clock.now().getTime();
    return index.covering(actor.personId, unitId).filter(({ until }) => until === null || until.getTime() > now);
  };
  const needsSecondFactor = (role: Role): boolean => rules.get(role)?.secondFactor ?? true;
  const counts = (actor: Actor, role: Role): boolean =>
    actor.kind === 'person' && (actor.secondFactor || !needsSecondFactor(role));
  const allows = (role: Role, permission: string): boolean => rules.get(role)?.permissions.has(permission) ?? false;

  /** Undefined where the actor can. */
  const refusal = (actor: Actor, permission: string, unitId: string): AppError | undefined => {
    const covering = inForce(actor, unitId);
    const allowing = covering.filter(({ role }) => allows(role, permission));
    if (allowing.some(({ role }) => counts(actor, role))) return undefined;
    if (allowing.length > 0) return permissionDenied('SECOND_FACTOR_REQUIRED', { metadata: { permission } });
    if (covering.length === 0 && unitId !== '') return unitNotFound(unitId);
    return permissionDenied('PERMISSION_MISSING', { metadata: { permission } });
  };

  const assertCan = (actor: Actor, permission: string, unitId: string): void => {
    const error = refusal(actor, permission, unitId);
    if (error !== undefined) throw error;
  };

  const identify = async (token: string): Promise<Actor> => {
    const { personId, username, sessionId, secondFactor } = await verifier.verify(token);
    // After the signature was checked: the revocation may have arrived meanwhile.
    if (tables.sessions.get(sessionId) !== undefined) throw unauthenticated('SESSION_REVOKED');
    return { kind: 'person', personId, username, sessionId, secondFactor };
  };

  const grantsOn = (actor: Actor, unitId: string): GrantState[] =>
    inForce(actor, unitId).filter(({ role }) => counts(actor, role));

  return {
    assertCan,
    can: (actor, permission, unitId) => refusal(actor, permission, unitId) === undefined,
    coversUnit: (actor, unitId) => inForce(actor, unitId).length > 0,
    grantsOn,
    rolesOn: (actor, unitId) => [...new Set(grantsOn(actor, unitId).map(({ role }) => role))],

    async authorize(rpc, request, call) {
      const { access } = rpc;
      const ownCallers = access.callers.length > 0;
      if (ownCallers && !access.callers.includes(call.caller)) {
        throw permissionDenied('CALLER_NOT_ALLOWED', { metadata: { rpc: rpc.name, caller: call.caller } });
      }
      if (!ready()) throw unavailable('NOT_READY', { message: 'projections not read yet', retryAfterMs: 1000 });

      const { permission } = access;
      if (call.token === '') {
        const needsPerson = access.signedIn === true || permission !== undefined;
        if (needsPerson) throw unauthenticated('TOKEN_MISSING');
        if (ownCallers) return { kind: 'service', name: call.caller };
        if (access.public === true) return { kind: 'anonymous' };
        throw internal('ACCESS_RULE_MISSING', { message: `${rpc.path} says nothing about who may call it` });
      }

      const actor = await identify(call.token);
      if (permission !== undefined) assertCan(actor, permission, unitIdOf(rpc, request));
      return actor;
    },
  };
}

function unitIdOf(rpc: Rpc, request: Record<string, unknown>): string {
  const { unitField } = rpc.access;
  // A rule without a unit field asks for the permission on the platform itself.
  if (unitField === undefined || unitField === '') return '';
  const unitId = request[unitField];
  if (typeof unitId !== 'string') {
    throw internal('ACCESS_RULE_MISSING', { message: `${rpc.path}: ${unitField} is not a string field` });
  }
  return unitId;
}
