import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { createPerson as createInKeycloak, createSessionStore, rootAdmin } from '@portal/local';
import type { KeycloakAdmin, SessionStore, SignInClient } from '@portal/local';
import { endpoints, testSecrets } from './endpoints.ts';

export interface TestPerson {
  personId: string;
  username: string;
  password: string;
  totpKey?: string;
}

export interface SignedIn {
  /** Access token, good for five minutes. */
  token: string;
  personId: string;
  sessionId: string;
}

export interface CreatePersonOptions {
  /** With TOTP set up: tokens then say `otp` in `amr`. */
  secondFactor?: boolean;
  /** Realm roles held from the start; services' own grants come through identity. */
  realmRoles?: readonly string[];
}

/** A person of one's own in the test realm, with a password and, on demand, a second factor. */
export async function createPerson(options: CreatePersonOptions = {}): Promise<TestPerson> {
  const { secondFactor = false, realmRoles = [] } = options;
  const admin = keycloakAdmin();
  const username = `test.${randomBytes(6).toString('hex')}`;
  const secrets = {
    password: randomBytes(12).toString('base64url'),
    ...(secondFactor && { totpKey: randomBytes(15).toString('base64url') }),
  };
  const person = { username, familyAndMiddleName: 'Nguyễn Văn', givenName: 'Thử', email: `${username}@portal.example` };
  const personId = await createInKeycloak(admin, person, secrets);
  if (realmRoles.length > 0) {
    const roles = await Promise.all(realmRoles.map((name) => admin.get(`/roles/${name}`)));
    await admin.post(`/users/${personId}/role-mappings/realm`, roles);
  }
  return { personId, username, ...secrets };
}

/**
 * Signs a person in as a browser does, with the second factor where there is one. The session is kept and shared by
 * all test processes; the token is fresh. A session that was ended is replaced by a new one.
 */
export async function signIn(person: TestPerson): Promise<SignedIn> {
  return signedIn(await (await sessions()).sessionOf(withoutId(person)));
}

/** A further session of the same person. A code serves one login: beyond two in half a minute this waits for the next. */
export async function signInAgain(person: TestPerson): Promise<SignedIn> {
  return signedIn(await (await sessions()).openSession(withoutId(person)));
}

/** Just the token of `signIn`. */
export async function tokenFor(person: TestPerson): Promise<string> {
  return (await signIn(person)).token;
}

let admin: KeycloakAdmin | undefined;

/** The test realm's administration, with all rights. */
export function keycloakAdmin(): KeycloakAdmin {
  admin ??= rootAdmin(endpoints().keycloakUrl, 'portal', testSecrets());
  return admin;
}

let client: Promise<SignInClient> | undefined;

/** The gateway's client as the realm has it: servers given by environment may use other origins and secrets. */
export function gatewayClient(): Promise<SignInClient> {
  client ??= (async () => {
    const found = await keycloakAdmin().get<Array<{ secret: string; redirectUris: string[] }>>(
      '/clients?clientId=portal-gateway',
    );
    const { secret = '', redirectUris = [] } = found[0] ?? {};
    const { issuer } = endpoints();
    return { issuer, clientId: 'portal-gateway', clientSecret: secret, redirectUri: redirectUris[0] ?? '' };
  })();
  return client;
}

let store: Promise<SessionStore> | undefined;

function sessions(): Promise<SessionStore> {
  store ??= gatewayClient().then((found) => createSessionStore(join(dirname(testSecrets().path), 'sessions'), found));
  return store;
}

function withoutId({ username, password, totpKey }: TestPerson) {
  return { username, password, ...(totpKey !== undefined && { totpKey }) };
}

function signedIn(session: { accessToken: string; personId: string; sessionId: string }): SignedIn {
  return { token: session.accessToken, personId: session.personId, sessionId: session.sessionId };
}
