import { readFile } from 'node:fs/promises';
import type { JsonObject } from './keycloak-admin.ts';

export interface MapperRep {
  id?: string;
  name: string;
  protocol: string;
  protocolMapper: string;
  config: Record<string, string>;
}

export interface ClientScopeRep {
  id?: string;
  name: string;
  description?: string;
  protocol: string;
  attributes: Record<string, string>;
  protocolMappers?: MapperRep[];
}

export interface ClientRep {
  id?: string;
  clientId: string;
  serviceAccountsEnabled: boolean;
  attributes: Record<string, string>;
  protocolMappers?: MapperRep[];
  defaultClientScopes: string[];
  optionalClientScopes: string[];
}

export interface RoleRep {
  id?: string;
  name: string;
  description?: string;
  composite?: boolean;
  composites?: { realm?: string[] };
}

export interface ExecutionRep {
  authenticator?: string;
  authenticatorConfig?: string;
  flowAlias?: string;
  authenticatorFlow: boolean;
  requirement: string;
  priority: number;
}

export interface FlowRep {
  id?: string;
  alias: string;
  description?: string;
  providerId: string;
  topLevel: boolean;
  builtIn: boolean;
  authenticationExecutions: ExecutionRep[];
}

export interface AuthenticatorConfigRep {
  id?: string;
  alias: string;
  config: Record<string, string>;
}

/** The parts of a realm representation that are reconciled one by one; everything else is a setting of the realm. */
export interface RealmFile {
  realm: string;
  settings: JsonObject;
  localizationTexts: Record<string, Record<string, string>>;
  roles: RoleRep[];
  clientScopes: ClientScopeRep[];
  clients: ClientRep[];
  /** Scopes that a client created without any gets. */
  newClientScopes: { default: string[]; optional: string[] };
  /** clientId → realm roles that its tokens may carry. */
  scopeMappings: Map<string, string[]>;
  /** clientId → clientId → roles of its service account. */
  serviceAccountRoles: Map<string, Record<string, string[]>>;
  flows: FlowRep[];
  authenticatorConfigs: AuthenticatorConfigRep[];
  userProfile: JsonObject;
  /** The whole file with its placeholders filled: what Keycloak imports. */
  representation: JsonObject;
}

export const realmFileUrl = new URL('../keycloak/realm.json', import.meta.url);

interface RawRealm {
  realm: string;
  localizationTexts: Record<string, Record<string, string>>;
  roles: { realm: RoleRep[] };
  clientScopes: ClientScopeRep[];
  clients: ClientRep[];
  defaultDefaultClientScopes: string[];
  defaultOptionalClientScopes: string[];
  scopeMappings: Array<{ client: string; roles: string[] }>;
  users: Array<{ serviceAccountClientId: string; clientRoles: Record<string, string[]> }>;
  authenticationFlows: FlowRep[];
  authenticatorConfig: AuthenticatorConfigRep[];
  components: Record<string, Array<{ config: Record<string, string[]> }>>;
  [setting: string]: unknown;
}

/**
 * Reads deploy/keycloak/realm.json with `${UPPER_SNAKE}` filled from `values`; throws naming a placeholder without
 * a value. `name` renames the realm. Other `${…}` are Keycloak's own message keys and stay.
 */
export async function readRealmFile(values: Readonly<Record<string, string>>, name?: string): Promise<RealmFile> {
  const text = (await readFile(realmFileUrl, 'utf8')).replaceAll(/\$\{([A-Z][A-Z0-9_]*)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`realm.json: no value for \${${name}}`);
    return JSON.stringify(value).slice(1, -1);
  });
  const raw = JSON.parse(text) as RawRealm;
  raw.realm = name ?? raw.realm;
  const {
    realm,
    localizationTexts,
    roles,
    clientScopes,
    clients,
    defaultDefaultClientScopes,
    defaultOptionalClientScopes,
    scopeMappings,
    users,
    authenticationFlows,
    authenticatorConfig,
    components,
    ...settings
  } = raw;
  const profile =
    components['org.keycloak.userprofile.UserProfileProvider']?.[0]?.config['kc.user.profile.config']?.[0];
  if (profile === undefined) throw new Error('realm.json: the user profile is missing');
  return {
    realm,
    settings: settings as JsonObject,
    localizationTexts,
    roles: roles.realm,
    clientScopes,
    clients,
    newClientScopes: { default: defaultDefaultClientScopes, optional: defaultOptionalClientScopes },
    scopeMappings: new Map(scopeMappings.map(({ client, roles: names }) => [client, names])),
    serviceAccountRoles: new Map(users.map((user) => [user.serviceAccountClientId, user.clientRoles])),
    flows: authenticationFlows,
    authenticatorConfigs: authenticatorConfig,
    userProfile: JSON.parse(profile) as JsonObject,
    representation: raw as unknown as JsonObject,
  };
}

/**
 * True when `actual` says all that `wanted` says. Objects may hold more (Keycloak adds defaults of its own); lists
 * of plain values are compared as sets, lists of objects by position.
 */
export function covers(wanted: unknown, actual: unknown): boolean {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual) || actual.length !== wanted.length) return false;
    if (wanted.every((item) => typeof item !== 'object' || item === null)) {
      return wanted.every((item) => actual.includes(item));
    }
    return wanted.every((item, index) => covers(item, actual[index]));
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof actual !== 'object' || actual === null) return false;
    return Object.entries(wanted).every(([key, value]) => covers(value, (actual as Record<string, unknown>)[key]));
  }
  return wanted === actual;
}
