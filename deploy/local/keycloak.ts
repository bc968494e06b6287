import { createKeycloakAdmin } from './keycloak-admin.ts';
import type { KeycloakAdmin } from './keycloak-admin.ts';
import { reconcileClientScopes, reconcileClients, reconcileRoleList } from './keycloak-clients.ts';
import type { Report } from './keycloak-clients.ts';
import { reconcileFlows } from './keycloak-flows.ts';
import { reconcilePerson } from './keycloak-people.ts';
import { covers, readRealmFile } from './keycloak-realm-file.ts';
import type { RealmFile, RoleRep } from './keycloak-realm-file.ts';
import { demoPeople, demoSignIn } from './people.ts';
import type { Secrets } from './secrets.ts';

export interface ReconcileOptions {
  /** `http://127.0.0.1:<port>` of the running Keycloak. */
  baseUrl: string;
  secrets: Secrets;
  /** Name of the realm; the file's own by default. */
  realm?: string;
  /** Origin that people's browsers use: `http://quantri.hcm.localhost:8080`. */
  publicUrl: string;
  /** Origin at which Keycloak itself reaches the gateway: `http://127.0.0.1:8080`. */
  internalUrl: string;
  log?: (line: string) => void;
}

/** Roles that Keycloak creates in every realm. */
const ownRoles = new Set(['offline_access', 'uma_authorization']);

/**
 * Makes the running realm equal to deploy/keycloak/realm.json, creating it where there is none: Keycloak's own import
 * skips a realm that exists, so a changed secret, redirect, role or flow would never arrive. What the file does not
 * name (roles, clients, scopes, mappers, flows) is removed; people are left alone, but for
 * the demo people, who are made to exist. Returns one
 * line per change, none when everything was as it should be. Throws Error where Keycloak refuses.
 */
export async function reconcileRealm(options: ReconcileOptions): Promise<string[]> {
  const { baseUrl, secrets, log = () => undefined } = options;
  const changes: string[] = [];
  const report: Report = (change) => {
    changes.push(change);
    log(`keycloak: ${change}`);
  };
  const values = {
    PORTAL_GATEWAY_SECRET: secrets.gatewayClientSecret,
    PORTAL_SERVICES_SECRET: secrets.servicesClientSecret,
    IDENTITY_SERVICE_SECRET: secrets.identityClientSecret,
    SECURITY_MONITOR_SECRET: secrets.securityMonitorSecret,
    PORTAL_PUBLIC_URL: options.publicUrl,
    PORTAL_INTERNAL_URL: options.internalUrl,
  };
  const file = await readRealmFile(values, options.realm);
  const admin = rootAdmin(baseUrl, file.realm, secrets);
  if ((await admin.find('')) === undefined) {
    await rootAdmin(baseUrl, '', secrets).post('', file.representation);
    report(`realm ${file.realm} created`);
  }
  // Roles before flows and clients, which name them; flows before settings, which bind them.
  await reconcileRoles(admin, file, report);
  await reconcileFlows(admin, file, report);
  await reconcileSettings(admin, file, report);
  await reconcileClientScopes(admin, file, report);
  await reconcileClients(admin, file, report);
  for (const person of demoPeople) {
    const done = await reconcilePerson(admin, person, demoSignIn(secrets, person.username));
    if (done !== 'unchanged') report(`person ${person.username} ${done}`);
  }
  return changes;
}

/** Client of the realm's administration with the bootstrap administrator's rights; realm '' is the list of realms. */
export function rootAdmin(
  baseUrl: string,
  realm: string,
  secrets: Pick<Secrets, 'keycloakAdminPassword'>,
): KeycloakAdmin {
  return createKeycloakAdmin(baseUrl, realm, {
    realm: 'master',
    clientId: 'admin-cli',
    username: 'admin',
    password: secrets.keycloakAdminPassword,
  });
}

async function reconcileRoles(admin: KeycloakAdmin, file: RealmFile, report: Report): Promise<void> {
  type Running = RoleRep & { id: string };
  const running = new Map((await admin.get<Running[]>('/roles?briefRepresentation=false')).map((r) => [r.name, r]));
  for (const { composite, composites, ...role } of file.roles) {
    const actual = running.get(role.name);
    if (actual === undefined) await admin.post('/roles', role);
    else if (!covers(role, actual)) await admin.put(`/roles/${role.name}`, { ...actual, ...role });
    if (!covers(role, actual)) report(`role ${role.name} ${actual === undefined ? 'created' : 'changed'}`);
  }
  // A second pass: a composite may name a role that the first has just created.
  for (const { name, composites } of file.roles) {
    const parts = await admin.get<Running[]>(`/roles/${name}/composites`);
    await reconcileRoleList(
      admin,
      `/roles/${name}/composites`,
      parts,
      composites?.realm ?? [],
      '/roles',
      (part, done) => report(`role ${name}: ${part} ${done}`),
    );
  }
  const known = new Set([...ownRoles, `default-roles-${file.realm}`, ...file.roles.map(({ name }) => name)]);
  for (const name of running.keys()) {
    if (known.has(name)) continue;
    await admin.remove(`/roles/${encodeURIComponent(name)}`);
    report(`role ${name} removed`);
  }
  // What everybody holds must be none of ours.
  const everybody = `/roles/default-roles-${file.realm}/composites`;
  const ofEverybody = (await admin.get<Running[]>(`${everybody}/realm`)).filter(({ name }) => !ownRoles.has(name));
  await reconcileRoleList(admin, everybody, ofEverybody, [], '/roles', (part, done) =>
    report(`role of everybody: ${part} ${done}`),
  );
}

async function reconcileSettings(admin: KeycloakAdmin, file: RealmFile, report: Report): Promise<void> {
  const actual = await admin.get<Record<string, unknown>>('');
  const changed = Object.entries(file.settings).filter(([key, value]) => !covers(value, actual[key]));
  if (changed.length > 0) {
    const attributes = { ...(actual['attributes'] as object), ...(file.settings['attributes'] as object) };
    await admin.put('', { ...file.settings, attributes });
    report(`realm settings changed: ${changed.map(([key]) => key).join(', ')}`);
  }
  for (const [locale, texts] of Object.entries(file.localizationTexts)) {
    if (covers(texts, await admin.get(`/localization/${locale}`))) continue;
    await admin.post(`/localization/${locale}`, texts);
    report(`texts ${locale} changed`);
  }
  if (!covers(file.userProfile, await admin.get('/users/profile'))) {
    await admin.put('/users/profile', file.userProfile);
    report('user profile changed');
  }
}
