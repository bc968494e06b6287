import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createKeycloakAdmin } from '../keycloak-admin.ts';
import type { KeycloakAdmin } from '../keycloak-admin.ts';
import { reconcileFlows } from '../keycloak-flows.ts';
import { createPerson } from '../keycloak-people.ts';
import { readRealmFile } from '../keycloak-realm-file.ts';
import { claimsOf, signInWithForms, totpCodeOf, totpStepAt } from '../keycloak-sign-in.ts';
import type { SignInClient } from '../keycloak-sign-in.ts';
import { reconcileRealm, rootAdmin } from '../keycloak.ts';
import { demoPeople, demoSignIn } from '../people.ts';
import type { Secrets } from '../secrets.ts';
import { startFaultyProxy } from './faulty-proxy.ts';

const keycloakUrl = process.env['KEYCLOAK_URL'] ?? '';
// A realm of one's own: other tests sign in to the shared one meanwhile.
const realm = `portal-${randomBytes(4).toString('hex')}`;
const publicUrl = 'http://quantri.hcm.localhost:8080';
const issuer = `${keycloakUrl}/realms/${realm}`;

let secrets: Secrets;
let admin: KeycloakAdmin;
let client: SignInClient;

function reconcile(changes: Partial<Secrets> = {}, baseUrl = keycloakUrl): Promise<string[]> {
  return reconcileRealm({
    baseUrl,
    realm,
    secrets: { ...secrets, ...changes },
    publicUrl,
    internalUrl: 'http://127.0.0.1:8080',
  });
}

function clientAdmin(clientId: string, clientSecret: string): KeycloakAdmin {
  return createKeycloakAdmin(keycloakUrl, realm, { realm, clientId, clientSecret });
}

async function idOfClient(clientId: string): Promise<string> {
  return (await admin.get<Array<{ id: string }>>(`/clients?clientId=${clientId}`))[0]?.id ?? '';
}

async function idOfPerson(username: string): Promise<string> {
  return (await admin.get<Array<{ id: string }>>(`/users?exact=true&username=${username}`))[0]?.id ?? '';
}

beforeAll(async () => {
  const random = () => randomBytes(12).toString('base64url');
  const shared = JSON.parse(readFileSync(process.env['PORTAL_TEST_SECRETS'] ?? '', 'utf8')) as Secrets;
  secrets = {
    keycloakAdminPassword: shared.keycloakAdminPassword,
    gatewayClientSecret: random(),
    servicesClientSecret: random(),
    identityClientSecret: random(),
    securityMonitorSecret: random(),
    demoPassword: random(),
    demoTotpSeed: random(),
  };
  admin = rootAdmin(keycloakUrl, realm, secrets);
  const { gatewayClientSecret: clientSecret } = secrets;
  client = { issuer, clientId: 'portal-gateway', clientSecret, redirectUri: `${publicUrl}/auth/callback` };
  await reconcile();
}, 60_000);

afterAll(() => admin.remove(''));

test('a realm that is as the file says is left as it is', async () => {
  expect(await reconcile()).toEqual([]);
});

describe('what differs from the file is put right, and nothing else is touched', () => {
  afterEach(async () => {
    expect(await reconcile()).toEqual([]);
  });

  test('a changed client secret', async () => {
    const changed = { identityClientSecret: randomBytes(12).toString('hex') };
    expect(await reconcile(changed)).toEqual(['client identity-service changed']);
    await clientAdmin('identity-service', changed.identityClientSecret).get('/users?max=1');
    expect(await reconcile()).toEqual(['client identity-service changed']);
  });

  test('a redirect to another place', async () => {
    const path = `/clients/${await idOfClient('portal-gateway')}`;
    const running = await admin.get<{ redirectUris: string[] }>(path);
    await admin.put(path, { ...running, redirectUris: [...running.redirectUris, 'http://portal.example/*'] });
    expect(await reconcile()).toEqual(['client portal-gateway changed']);
  });

  test('a claim, a scope and a role that a client got besides', async () => {
    const id = await idOfClient('portal-gateway');
    const mapper = { name: 'more', protocol: 'openid-connect', protocolMapper: 'oidc-audience-mapper' };
    const config = { 'included.custom.audience': 'another', 'access.token.claim': 'true' };
    await admin.post(`/clients/${id}/protocol-mappers/models`, { ...mapper, config });
    const scopes = await admin.get<Array<{ id: string; name: string }>>('/client-scopes');
    const grants = scopes.find(({ name }) => name === 'portal-grants')?.id;
    await admin.remove(`/clients/${id}/optional-client-scopes/${grants}`);
    await admin.put(`/clients/${id}/default-client-scopes/${grants}`, {});
    await admin.post(`/clients/${id}/scope-mappings/realm`, [await admin.get('/roles/mfa-required')]);
    expect(await reconcile()).toEqual([
      'client portal-gateway: mapper more removed',
      'portal-gateway: scope portal-grants taken',
      'portal-gateway: scope portal-grants given',
      'client portal-gateway: role mfa-required in scope taken',
    ]);
  });

  test('a service account that got more rights', async () => {
    const account = await admin.get<{ id: string }>(
      `/clients/${await idOfClient('security-monitor')}/service-account-user`,
    );
    const management = await idOfClient('realm-management');
    const role = await admin.get(`/clients/${management}/roles/realm-admin`);
    await admin.post(`/users/${account.id}/role-mappings/clients/${management}`, [role]);
    expect(await reconcile()).toEqual(['service account of security-monitor: realm-management/realm-admin taken']);
  });

  test('a role that lost its second factor, one given to everybody, one nobody knows', async () => {
    const mfa = await admin.get('/roles/mfa-required');
    await admin.remove('/roles/unit-admin/composites', [mfa]);
    await admin.post(`/roles/default-roles-${realm}/composites`, [await admin.get('/roles/editor')]);
    await admin.post('/roles', { name: 'superuser' });
    expect(await reconcile()).toEqual([
      'role unit-admin: mfa-required given',
      'role superuser removed',
      'role of everybody: editor taken',
    ]);
  });

  test('a client nobody knows', async () => {
    await admin.post('/clients', { clientId: 'unknown', publicClient: true, directAccessGrantsEnabled: true });
    expect(await reconcile()).toEqual(['client unknown removed']);
  });

  test('settings of the realm, texts, the user profile', async () => {
    await admin.put('', { ...(await admin.get<object>('')), otpPolicyCodeReusable: true, bruteForceProtected: false });
    await admin.post('/localization/vi', { lastName: 'Họ' });
    const profile = await admin.get<{ attributes: object[] }>('/users/profile');
    await admin.put('/users/profile', { ...profile, attributes: profile.attributes.slice(0, -1) });
    expect(await reconcile()).toEqual([
      'realm settings changed: bruteForceProtected, otpPolicyCodeReusable',
      'texts vi changed',
      'user profile changed',
    ]);
  });

  test('another flow bound for signing in', async () => {
    await admin.put('', { browserFlow: 'browser' });
    expect(await reconcile()).toEqual(['flow browser replaced by portal-browser for signing in']);
  });

  test('a demo person with another password, without second factor, or gone', async () => {
    const [operator, root] = [await idOfPerson('operator'), await idOfPerson('root.cangio')];
    const otp = (await admin.get<Array<{ id: string; type: string }>>(`/users/${operator}/credentials`)).find(
      ({ type }) => type === 'otp',
    );
    await admin.remove(`/users/${operator}/credentials/${otp?.id}`);
    await admin.remove(`/users/${root}`);
    expect(await reconcile()).toEqual(['person operator changed', 'person root.cangio created']);
    expect(await idOfPerson('operator')).toBe(operator);

    const other = { demoPassword: randomBytes(12).toString('hex') };
    expect(await reconcile(other)).toEqual(demoPeople.map(({ username }) => `person ${username} changed`));
    await reconcile();
    const { username, password, totpKey } = demoSignIn(secrets, 'operator');
    const code = () => Promise.resolve(totpCodeOf(totpKey, totpStepAt(Date.now())));
    expect(claimsOf((await signInWithForms(client, username, password, code)).accessToken)).toMatchObject({
      name: 'Nguyễn Hoàng Minh',
      amr: ['pwd', 'otp'],
    });
  });
});

test('killed at any moment while the login flow is replaced: nobody gets past the second factor, the next run ends it', async () => {
  const person = {
    username: 'quantri.thu',
    familyAndMiddleName: 'Nguyễn Văn',
    givenName: 'Thử',
    email: 'quantri.thu@portal.example',
  };
  const { demoPassword: password } = secrets;
  const id = await createPerson(admin, person, { password });
  await admin.post(`/users/${id}/role-mappings/realm`, [await admin.get('/roles/unit-admin')]);

  const file = await readRealmFile(new Proxy({}, { get: () => '' }), realm);
  const replaceFlow = async (through: KeycloakAdmin): Promise<string[]> => {
    const changes: string[] = [];
    await reconcileFlows(through, file, (change) => changes.push(change));
    return changes;
  };
  for (let limit = 0, finished = false; !finished; limit += 1) {
    await changeFlow();
    const proxy = await startFaultyProxy(keycloakUrl, limit);
    finished = await replaceFlow(rootAdmin(proxy.url, realm, secrets)).then(
      () => true,
      () => false,
    );
    await proxy.close();
    await expect(signInWithForms(client, person.username, password)).rejects.toMatchObject({ reason: 'ENROL' });
    await replaceFlow(admin);
    expect(await replaceFlow(admin)).toEqual([]);
  }
}, 120_000);

/** Takes the cookie step out: no harm to the second factor, but another flow than the file's. */
async function changeFlow(): Promise<void> {
  const steps = '/authentication/flows/portal-browser/executions';
  const cookie = (await admin.get<Array<{ providerId?: string }>>(steps)).find(
    (step) => step.providerId === 'auth-cookie',
  );
  await admin.put(steps, { ...cookie, requirement: 'DISABLED' });
}

describe('the machines of the platform', () => {
  test('identity administers people and nothing else', async () => {
    const identity = clientAdmin('identity-service', secrets.identityClientSecret);
    await identity.get('/users?max=1');
    await identity.get('/roles/unit-admin');
    await expect(identity.put('', { bruteForceProtected: false })).rejects.toThrow('403');
    await expect(identity.post('/clients', { clientId: 'more' })).rejects.toThrow('403');
    await expect(identity.get('/events')).rejects.toThrow('403');
  });

  test('the monitor reads events and nothing else', async () => {
    const monitor = clientAdmin('security-monitor', secrets.securityMonitorSecret);
    await monitor.get('/events');
    await monitor.get('/admin-events');
    await expect(monitor.get('/users?max=1')).rejects.toThrow('403');
  });

  test('services call services with the audience of the portal, and administer nothing', async () => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'portal-services' });
    body.set('client_secret', secrets.servicesClientSecret);
    const response = await fetch(`${issuer}/protocol/openid-connect/token`, { method: 'POST', body });
    const { access_token: token } = (await response.json()) as { access_token: string };
    expect(claimsOf(token)).toMatchObject({ aud: 'portal-api', client_id: 'portal-services' });
    await expect(clientAdmin('portal-services', secrets.servicesClientSecret).get('/users?max=1')).rejects.toThrow(
      '403',
    );
  });

  test('no client takes a password for a token', async () => {
    const { username, password } = demoSignIn(secrets, 'operator');
    for (const [clientId, clientSecret] of [
      ['portal-gateway', secrets.gatewayClientSecret],
      ['portal-services', secrets.servicesClientSecret],
    ] as const) {
      const body = new URLSearchParams({ grant_type: 'password', username, password, client_id: clientId });
      body.set('client_secret', clientSecret);
      const response = await fetch(`${issuer}/protocol/openid-connect/token`, { method: 'POST', body });
      expect(await response.json()).toMatchObject({ error: 'unauthorized_client' });
    }
  });
});
