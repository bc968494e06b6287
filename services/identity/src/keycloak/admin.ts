import { internal, isAppError } from '@portal/errors';
import { createKeycloakHttp } from './http.ts';
import type { KeycloakHttpOptions } from './http.ts';

export interface KeycloakPerson {
  personId: string;
  username: string;
}

/**
 * The few things this service does at Keycloak. Each is safe to repeat. `false` or `undefined`: no such person.
 * All throw IDENTITY_PROVIDER_UNAVAILABLE and IDENTITY_PROVIDER_REFUSED.
 */
export interface KeycloakAdmin {
  findPerson(username: string): Promise<KeycloakPerson | undefined>;
  listRealmRoles(personId: string): Promise<string[] | undefined>;
  addRealmRoles(personId: string, names: readonly string[]): Promise<boolean>;
  removeRealmRoles(personId: string, names: readonly string[]): Promise<boolean>;
  setGrantsAttribute(personId: string, values: readonly string[]): Promise<boolean>;
  /** Ids (`sid`) of the sessions that are open now. */
  listSessions(personId: string): Promise<string[] | undefined>;
  /** Also tells the clients by back-channel logout. A session that is gone already is fine. */
  endSession(sessionId: string): Promise<void>;
}

interface RoleRepresentation {
  id: string;
  name: string;
}

interface UserRepresentation extends Record<string, unknown> {
  id: string;
  username: string;
  attributes?: Record<string, string[]>;
}

export function createKeycloakAdmin(options: KeycloakHttpOptions): KeycloakAdmin {
  const { request } = createKeycloakHttp(options);

  const find = async <T>(path: string): Promise<T | undefined> => {
    const { status, body } = await request('GET', path);
    return status === 404 ? undefined : (body as T);
  };
  const getRole = async (name: string): Promise<RoleRepresentation> => {
    const role = await find<RoleRepresentation>(`/roles/${encodeURIComponent(name)}`);
    if (role === undefined) throw internal('REALM_ROLE_MISSING', { message: `the realm has no role ${name}` });
    return { id: role.id, name: role.name };
  };
  const listRealmRoles = async (personId: string): Promise<string[] | undefined> => {
    const roles = await find<RoleRepresentation[]>(`${userPath(personId)}/role-mappings/realm`);
    return roles?.map(({ name }) => name);
  };
  const changeRoles = async (method: 'POST' | 'DELETE', personId: string, names: readonly string[]) => {
    if (names.length === 0) return true;
    const roles = await Promise.all(names.map(getRole));
    try {
      const { status } = await request(method, `${userPath(personId)}/role-mappings/realm`, roles);
      return status !== 404;
    } catch (error) {
      // Of two that write the same role at once Keycloak refuses one (400): it is done all the same.
      if (!isAppError(error) || error.reason !== 'IDENTITY_PROVIDER_REFUSED') throw error;
      const held = await listRealmRoles(personId);
      if (held === undefined) return false;
      if (names.some((name) => held.includes(name) !== (method === 'POST'))) throw error;
      return true;
    }
  };

  return {
    async findPerson(username) {
      // To Keycloak service accounts are people too; to us they are not.
      if (username.startsWith(serviceAccountPrefix)) return undefined;
      const query = new URLSearchParams({ username, exact: 'true', briefRepresentation: 'true', max: '2' });
      const users = (await find<UserRepresentation[]>(`/users?${query.toString()}`)) ?? [];
      const user = users.find((candidate) => candidate.username === username);
      return user && { personId: user.id, username: user.username };
    },
    listRealmRoles,
    addRealmRoles: (personId, names) => changeRoles('POST', personId, names),
    removeRealmRoles: (personId, names) => changeRoles('DELETE', personId, names),
    async setGrantsAttribute(personId, values) {
      const user = await find<UserRepresentation>(userPath(personId));
      if (user === undefined) return false;
      const current = user.attributes?.grants ?? [];
      if (current.length === values.length && values.every((value) => current.includes(value))) return true;
      // PUT replaces all attributes, so the others go along.
      const attributes = { ...user.attributes, grants: [...values] };
      const { status } = await request('PUT', userPath(personId), { ...user, attributes });
      return status !== 404;
    },
    async listSessions(personId) {
      const sessions = await find<{ id: string }[]>(`${userPath(personId)}/sessions`);
      return sessions?.map(({ id }) => id);
    },
    async endSession(sessionId) {
      await request('DELETE', `/sessions/${encodeURIComponent(sessionId)}`);
    },
  };
}

const serviceAccountPrefix = 'service-account-';

function userPath(personId: string): string {
  return `/users/${encodeURIComponent(personId)}`;
}
