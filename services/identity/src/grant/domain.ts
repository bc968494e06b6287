import { alreadyExists, failedPrecondition, invalidArgument, notFound, permissionDenied } from '@portal/errors';
import type { AppError } from '@portal/errors';

/** A role on a unit, held by a person. It is given and taken, never changed. */
export interface Grant {
  readonly grantId: string;
  readonly personId: string;
  readonly username: string;
  /** Name of a value of `portal.identity.v1.Role`. */
  readonly role: string;
  /** Empty for the platform itself. */
  readonly unitId: string;
  readonly subtree: boolean;
  readonly until: Date | null;
  readonly createTime: Date;
  /** Who gave it: a person's id, or the service itself at bootstrap. */
  readonly givenBy: string;
  /** Number of this state. */
  readonly version: number;
}

export type GrantFact = 'given' | 'taken';

export interface GrantDecision {
  readonly grant: Grant;
  readonly facts: readonly GrantFact[];
}

/** What somebody is to hold. */
export type Scope = Pick<Grant, 'role' | 'unitId' | 'subtree' | 'until'>;

/** A grant of the giver that covers the unit in question and counts in the session at hand. */
export type OwnGrant = Pick<Grant, 'role' | 'subtree' | 'until'>;

/** What the contract says about a role, as far as giving needs it. */
export type RoleRules = ReadonlyMap<string, { readonly mayGrant: ReadonlySet<string> }>;

export const platformRole = 'ROLE_OPERATOR';
/** Exactly one per unit: the account that answers for it. */
export const rootRole = 'ROLE_ROOT_ADMIN';

export interface GiveGrant {
  readonly scope: Scope;
  readonly personId: string;
  readonly username: string;
  readonly givenBy: string;
}

export function giveGrant({ scope, ...rest }: GiveGrant, now: Date, grantId: string): GrantDecision {
  return { grant: { grantId, ...rest, ...scope, createTime: now, version: 1 }, facts: ['given'] };
}

/** The last state of a grant is what it was; what follows is that it is gone. */
export function takeGrant(grant: Grant): GrantDecision {
  return { grant, facts: ['taken'] };
}

export function isInForce({ until }: Pick<Grant, 'until'>, now: Date): boolean {
  return until === null || until.getTime() > now.getTime();
}

/**
 * Nobody gives more than they hold: the role must be one that an own role may grant, the scope inside that grant's.
 * Throws INVALID_REQUEST (until), ROLE_NOT_ON_UNIT, ROLE_NOT_GRANTABLE, GRANT_EXCEEDS_OWN.
 */
export function assertMayGive(own: readonly OwnGrant[], wanted: Scope, rules: RoleRules, now: Date): void {
  assertRoleFits(wanted);
  if (!isInForce(wanted, now)) {
    throw invalidArgument('INVALID_REQUEST', {
      violations: [{ field: 'until', reason: 'NOT_IN_FUTURE', description: 'until must be in the future' }],
    });
  }
  assertSomeGrant(own, wanted.role, rules, (mine) => reachesAsFar(mine, wanted) && lastsAsLong(mine, wanted));
}

/**
 * Taking asks for the same right as giving; when the grant would have ended does not matter.
 * Throws ROLE_NOT_GRANTABLE, GRANT_EXCEEDS_OWN.
 */
export function assertMayTake(own: readonly OwnGrant[], grant: Grant, rules: RoleRules): void {
  assertSomeGrant(own, grant.role, rules, (mine) => reachesAsFar(mine, grant));
}

/**
 * One root administrator per unit, each role once per person and unit. Says early and kindly what the unique indexes
 * of the store guarantee. `sameRole`: the grants in force of that role on that unit.
 */
export function assertUnique(sameRole: readonly Grant[], personId: string, { role, unitId }: Scope): void {
  if (sameRole.some((grant) => grant.personId === personId)) throw grantExists(role, unitId);
  if (role === rootRole && sameRole.length > 0) throw rootAdminExists(unitId);
}

export function grantExists(role: string, unitId: string): AppError {
  return alreadyExists('GRANT_EXISTS', { metadata: { role, unitId } });
}

export function rootAdminExists(unitId: string): AppError {
  return failedPrecondition('ROOT_ADMIN_EXISTS', { metadata: { unitId } });
}

/** For a grant of another unit too: nobody learns that it exists. */
export function grantNotFound(grantId: string): AppError {
  return notFound('GRANT_NOT_FOUND', { message: `grant ${grantId} not found`, metadata: { grantId } });
}

/** The operator's role belongs to the platform, every other role to a unit. */
function assertRoleFits({ role, unitId }: Scope): void {
  if ((role === platformRole) !== (unitId === '')) throw invalidArgument('ROLE_NOT_ON_UNIT', { metadata: { role } });
}

function assertSomeGrant(
  own: readonly OwnGrant[],
  role: string,
  rules: RoleRules,
  contains: (mine: OwnGrant) => boolean,
): void {
  const granting = own.filter((mine) => rules.get(mine.role)?.mayGrant.has(role) ?? false);
  if (granting.length === 0) throw permissionDenied('ROLE_NOT_GRANTABLE', { metadata: { role } });
  if (!granting.some(contains)) throw permissionDenied('GRANT_EXCEEDS_OWN', { metadata: { role } });
}

function reachesAsFar(mine: OwnGrant, wanted: Pick<Scope, 'subtree'>): boolean {
  return mine.subtree || !wanted.subtree;
}

function lastsAsLong(mine: OwnGrant, wanted: Pick<Scope, 'until'>): boolean {
  if (mine.until === null) return true;
  return wanted.until !== null && wanted.until.getTime() <= mine.until.getTime();
}
