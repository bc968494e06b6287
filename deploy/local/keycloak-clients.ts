import type { KeycloakAdmin } from './keycloak-admin.ts';
import { covers } from './keycloak-realm-file.ts';
import type { ClientRep, ClientScopeRep, MapperRep, RealmFile } from './keycloak-realm-file.ts';

/** Told of every change made, in words a developer reads. */
export type Report = (change: string) => void;

/** Clients that Keycloak creates in every realm. */
const ownClients = new Set([
  'account',
  'account-console',
  'admin-cli',
  'broker',
  'realm-management',
  'security-admin-console',
]);

interface Named {
  id: string;
  name: string;
}

interface RoleMappings {
  realmMappings?: Named[];
  clientMappings?: Record<string, { id: string; mappings: Named[] }>;
}

/** Makes the client scopes and their mappers equal to the file; others are removed. */
export async function reconcileClientScopes(admin: KeycloakAdmin, file: RealmFile, report: Report): Promise<void> {
  const running = new Map((await admin.get<Array<ClientScopeRep & Named>>('/client-scopes')).map((s) => [s.name, s]));
  for (const scope of file.clientScopes) {
    const { protocolMappers = [], ...wanted } = scope;
    const actual = running.get(scope.name);
    running.delete(scope.name);
    if (actual === undefined) {
      await admin.post('/client-scopes', scope);
      report(`client scope ${scope.name} created`);
      continue;
    }
    if (!covers(wanted, actual)) {
      await admin.put(`/client-scopes/${actual.id}`, { ...actual, ...wanted });
      report(`client scope ${scope.name} changed`);
    }
    const where = `client scope ${scope.name}`;
    await reconcileMappers(admin, `/client-scopes/${actual.id}`, where, protocolMappers, actual, report);
  }
  for (const foreign of running.values()) {
    await admin.remove(`/client-scopes/${foreign.id}`);
    report(`client scope ${foreign.name} removed`);
  }
  await reconcileScopeList(admin, '/default-default-client-scopes', 'realm', file.newClientScopes.default, report);
  await reconcileScopeList(admin, '/default-optional-client-scopes', 'realm', file.newClientScopes.optional, report);
}

/**
 * Makes the clients equal to the file: secrets, redirects, flows, scopes, what their service accounts may do.
 * Clients that neither the file nor Keycloak itself knows are removed.
 */
export async function reconcileClients(admin: KeycloakAdmin, file: RealmFile, report: Report): Promise<void> {
  const running = new Map((await admin.get<Array<ClientRep & { id: string }>>('/clients')).map((c) => [c.clientId, c]));
  for (const client of file.clients) {
    const actual = running.get(client.clientId);
    const id = actual?.id ?? (await admin.post('/clients', client));
    if (actual === undefined) report(`client ${client.clientId} created`);
    else await reconcileClient(admin, client, actual, report);
    await reconcileScopeMappings(admin, id, client.clientId, file.scopeMappings.get(client.clientId) ?? [], report);
    if (client.serviceAccountsEnabled) {
      const wanted = file.serviceAccountRoles.get(client.clientId) ?? {};
      await reconcileServiceAccount(admin, id, client.clientId, wanted, report);
    }
  }
  const known = new Set([...ownClients, ...file.clients.map(({ clientId }) => clientId)]);
  for (const foreign of running.values()) {
    if (known.has(foreign.clientId)) continue;
    await admin.remove(`/clients/${foreign.id}`);
    report(`client ${foreign.clientId} removed`);
  }
}

async function reconcileClient(
  admin: KeycloakAdmin,
  client: ClientRep,
  actual: ClientRep & { id: string },
  report: Report,
): Promise<void> {
  const { defaultClientScopes, optionalClientScopes, protocolMappers = [], ...wanted } = client;
  const path = `/clients/${actual.id}`;
  if (!covers(wanted, actual)) {
    await admin.put(path, { ...actual, ...wanted, attributes: { ...actual.attributes, ...wanted.attributes } });
    report(`client ${client.clientId} changed`);
  }
  await reconcileMappers(admin, path, `client ${client.clientId}`, protocolMappers, actual, report);
  await reconcileScopeList(admin, `${path}/default-client-scopes`, client.clientId, defaultClientScopes, report);
  await reconcileScopeList(admin, `${path}/optional-client-scopes`, client.clientId, optionalClientScopes, report);
}

async function reconcileMappers(
  admin: KeycloakAdmin,
  path: string,
  where: string,
  wanted: readonly MapperRep[],
  owner: { protocolMappers?: MapperRep[] },
  report: Report,
): Promise<void> {
  const running = new Map((owner.protocolMappers ?? []).map((mapper) => [mapper.name, mapper]));
  for (const mapper of wanted) {
    const actual = running.get(mapper.name);
    running.delete(mapper.name);
    if (actual === undefined) await admin.post(`${path}/protocol-mappers/models`, mapper);
    else if (covers(mapper, actual)) continue;
    else await admin.put(`${path}/protocol-mappers/models/${actual.id}`, { ...mapper, id: actual.id });
    report(`${where}: mapper ${mapper.name} ${actual === undefined ? 'created' : 'changed'}`);
  }
  for (const foreign of running.values()) {
    await admin.remove(`${path}/protocol-mappers/models/${foreign.id}`);
    report(`${where}: mapper ${foreign.name} removed`);
  }
}

async function reconcileScopeList(
  admin: KeycloakAdmin,
  path: string,
  owner: string,
  wanted: readonly string[],
  report: Report,
): Promise<void> {
  const running = await admin.get<Named[]>(path);
  const missing = wanted.filter((name) => !running.some((scope) => scope.name === name));
  const foreign = running.filter(({ name }) => !wanted.includes(name));
  for (const scope of foreign) {
    await admin.remove(`${path}/${scope.id}`);
    report(`${owner}: scope ${scope.name} taken`);
  }
  if (missing.length === 0) return;
  const all = await admin.get<Named[]>('/client-scopes');
  for (const name of missing) {
    await admin.put(`${path}/${all.find((scope) => scope.name === name)?.id ?? name}`, {});
    report(`${owner}: scope ${name} given`);
  }
}

async function reconcileScopeMappings(
  admin: KeycloakAdmin,
  id: string,
  clientId: string,
  wanted: readonly string[],
  report: Report,
): Promise<void> {
  const path = `/clients/${id}/scope-mappings/realm`;
  await reconcileRoleList(admin, path, await admin.get<Named[]>(path), wanted, '/roles', (role, done) =>
    report(`client ${clientId}: role ${role} in scope ${done}`),
  );
}

async function reconcileServiceAccount(
  admin: KeycloakAdmin,
  id: string,
  clientId: string,
  wanted: Readonly<Record<string, string[]>>,
  report: Report,
): Promise<void> {
  const user = await admin.get<Named>(`/clients/${id}/service-account-user`);
  const path = `/users/${user.id}/role-mappings`;
  const running = await admin.get<RoleMappings>(path);
  const clients = running.clientMappings ?? {};
  for (const owner of new Set([...Object.keys(wanted), ...Object.keys(clients)])) {
    const ownerId =
      clients[owner]?.id ?? (await admin.get<Array<{ id: string }>>(`/clients?clientId=${owner}`))[0]?.id ?? owner;
    await reconcileRoleList(
      admin,
      `${path}/clients/${ownerId}`,
      clients[owner]?.mappings ?? [],
      wanted[owner] ?? [],
      `/clients/${ownerId}/roles`,
      (role, done) => report(`service account of ${clientId}: ${owner}/${role} ${done}`),
    );
  }
  const realmRoles = (running.realmMappings ?? []).filter(({ name }) => !name.startsWith('default-roles-'));
  await reconcileRoleList(admin, `${path}/realm`, realmRoles, [], '/roles', (role, done) =>
    report(`service account of ${clientId}: ${role} ${done}`),
  );
}

/** Gives and takes role mappings at `path` until exactly `wanted` is left; roles are looked up under `rolesPath`. */
export async function reconcileRoleList(
  admin: KeycloakAdmin,
  path: string,
  running: readonly Named[],
  wanted: readonly string[],
  rolesPath: string,
  report: (role: string, done: 'given' | 'taken') => void,
): Promise<void> {
  const foreign = running.filter(({ name }) => !wanted.includes(name));
  const missing = wanted.filter((name) => !running.some((role) => role.name === name));
  if (foreign.length > 0) await admin.remove(path, foreign);
  if (missing.length > 0) {
    const roles = await Promise.all(
      missing.map((name) => admin.get<Named>(`${rolesPath}/${encodeURIComponent(name)}`)),
    );
    await admin.post(path, roles);
  }
  for (const { name } of foreign) report(name, 'taken');
  for (const name of missing) report(name, 'given');
}
