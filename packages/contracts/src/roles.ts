import { listOf, optionsOf } from './options.ts';
import { protoRoot } from './root.ts';

export interface RoleRule {
  permissions: ReadonlySet<string>;
  /** Counts only in a session with a second factor. */
  secondFactor: boolean;
  /** Roles that a holder may give inside the scope of the own grant. */
  mayGrant: ReadonlySet<string>;
  /** Roles that a holder may take on every unit that the own grant covers. */
  mayTake: ReadonlySet<string>;
  /** The role that mirrors this one in Keycloak. */
  realmRole: string;
}

let rules: ReadonlyMap<string, RoleRule> | undefined;

/** What each role may do, by its name in the contract (`ROLE_EDITOR`). */
export function roleRules(): ReadonlyMap<string, RoleRule> {
  rules ??= new Map(
    optionsOf(protoRoot().lookupEnum('portal.identity.v1.Role'), 'portal.options.v1.role').map((option) => [
      String(option.name),
      {
        permissions: new Set(listOf<string>(option.permissions)),
        secondFactor: option.second_factor === true,
        mayGrant: new Set(listOf<string>(option.may_grant)),
        mayTake: new Set(listOf<string>(option.may_take ?? option.may_grant)),
        realmRole: String(option.realm_role),
      },
    ]),
  );
  return rules;
}
