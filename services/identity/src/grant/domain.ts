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

/** A grant of the caller that covers the unit in question and counts in the session at hand. */
export type OwnGrant = Pick<Grant, 'role' | 'subtree' | 'until'>;

/** What the contract says about a role, as far as giving needs it. */
export type RoleRules = ReadonlyMap<
  string,
  { readonly mayGrant: ReadonlySet<string>; readonly mayTake: ReadonlySet<string> }
>;

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
  const granting = own.filter((mine) => rules.get(mine.role)?.mayGrant.has(wanted.role) ?? false);
  if (granting.length === 0) throw roleNotGrantable(wanted.role);
  if (!granting.some((mine) => reachesAsFar(mine, wanted) && lastsAsLong(mine, wanted))) {
    throw permissionDenied('GRANT_EXCEEDS_OWN', { metadata: { role: wanted.role } });
  }
}

/**
 * `own` are grants on the unit of the grant to be taken. How far that grant reaches and how long it would have lasted
 * does not matter: who answers for a unit must be able to clear it of whatever a predecessor gave.
 * Throws ROLE_NOT_GRANTABLE.
 */
export function assertMayTake(own: readonly OwnGrant[], { role }: Pick<Grant, 'role'>, rules: RoleRules): void {
  if (!mayTake(own, role, rules)) throw roleNotGrantable(role);
}

/**
 * Without sessions a person is cut off everywhere, whatever unit the caller is at: that is for those who may take all
 * that the person holds. `ownOn` gives the caller's grants on a unit.
 */
export function mayEndSessions(
  ownOn: (unitId: string) => readonly OwnGrant[],
  held: readonly Pick<Grant, 'role' | 'unitId'>[],
  rules: RoleRules,
): boolean {
  return held.every(({ role, unitId }) => mayTake(ownOn(unitId), role, rules));
}

/** An operator without end who reaches every unit: can put right whatever else goes wrong with grants. */
export function isLastingOperator({ role, subtree, until }: Scope): boolean {
  return role === platformRole && subtree && until === null;
}

/** Throws LAST_OPERATOR where none of `operators` lasts besides this one. */
export function assertOperatorStays(operators: readonly Grant[], grantId: string): void {
  if (!operators.some((other) => other.grantId !== grantId && isLastingOperator(other))) {
    throw failedPrecondition('LAST_OPERATOR');
  }
}

/**
 * One root administrator per unit, each role once per person and unit. Says early and kindly what the unique indexes
 * of the store guarantee. `sameRole`: the grants in force of that role on that unit.
 */
export function assertUnique(sameRole: readonly Grant[], personId: string, { role, unitId }: Scope): void {
  if (sameRole.some((grant) => grant.personId === personId)) throw grantExists(role, unitId);
  if (role === rootRole && sameRole.length > 0) throw rootAdminExists(unitId);
}

/** A grant that has run out and was not swept yet no longer counts, but the unique indexes still see it. */
export function isInTheWay(expired: Grant, personId: string, { role }: Scope): boolean {
  return expired.personId === personId || role === rootRole;
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

function mayTake(own: readonly OwnGrant[], role: string, rules: RoleRules): boolean {
  return own.some((mine) => rules.get(mine.role)?.mayTake.has(role) ?? false);
}

function roleNotGrantable(role: string): AppError {
  return permissionDenied('ROLE_NOT_GRANTABLE', { metadata: { role } });
}

function reachesAsFar(mine: OwnGrant, wanted: Pick<Scope, 'subtree'>): boolean {
  return mine.subtree || !wanted.subtree;
}

function lastsAsLong(mine: OwnGrant, wanted: Pick<Scope, 'until'>): boolean {
  if (mine.until === null) return true;
  return wanted.until !== null && wanted.until.getTime() <= mine.until.getTime();
}
