import { createHash } from 'node:crypto';
import type { KeycloakAdmin } from './keycloak-admin.ts';

export interface Person {
  username: string;
  /** Family and middle name; Keycloak's `firstName`, so that it shows names in the Vietnamese order. */
  familyAndMiddleName: string;
  /** Given name, which lists are sorted by; Keycloak's `lastName`. */
  givenName: string;
  email: string;
}

export interface PersonSecrets {
  password: string;
  /** Key of the second factor, as Keycloak stores it: the characters are the bytes. Without it: password only. */
  totpKey?: string;
}

interface Credential {
  id: string;
  type: string;
  userLabel?: string;
}

interface UserRep {
  id: string;
  username: string;
  firstName?: string;
  lastName?: string;
  email?: string;
  enabled: boolean;
  emailVerified: boolean;
  requiredActions: string[];
}

/** Creates a person who can sign in at once; returns the id (`sub` of the tokens). Throws where the name is taken. */
export async function createPerson(admin: KeycloakAdmin, person: Person, secrets: PersonSecrets): Promise<string> {
  return admin.post('/users', { ...userOf(person), credentials: credentialsOf(secrets) });
}

/**
 * Makes a person be as described: name, enabled, password and second factor those of `secrets`. Keycloak shows
 * neither, so the label of the second factor carries a fingerprint of both. Returns what had to be done.
 */
export async function reconcilePerson(
  admin: KeycloakAdmin,
  person: Person,
  secrets: Required<PersonSecrets>,
): Promise<'created' | 'changed' | 'unchanged'> {
  const query = `/users?exact=true&username=${encodeURIComponent(person.username)}`;
  const [user] = await admin.get<UserRep[]>(query);
  if (user === undefined) {
    await createPerson(admin, person, secrets);
    return 'created';
  }
  const wanted = userOf(person);
  const sameProfile = Object.entries(wanted).every(([key, value]) =>
    Array.isArray(value) ? user.requiredActions.length === 0 : user[key as keyof UserRep] === value,
  );
  if (!sameProfile) await admin.put(`/users/${user.id}`, { ...user, ...wanted });

  const running = await admin.get<Credential[]>(`/users/${user.id}/credentials`);
  const label = fingerprint(secrets);
  const sameSecrets =
    running.some(({ type, userLabel }) => type === 'otp' && userLabel === label) &&
    running.some(({ type }) => type === 'password');
  if (!sameSecrets) {
    for (const { id } of running) await admin.remove(`/users/${user.id}/credentials/${id}`);
    await admin.put(`/users/${user.id}`, { ...user, ...wanted, credentials: credentialsOf(secrets) });
  }
  return sameProfile && sameSecrets ? 'unchanged' : 'changed';
}

function userOf({ username, familyAndMiddleName, givenName, email }: Person) {
  return {
    username,
    firstName: familyAndMiddleName,
    lastName: givenName,
    email,
    enabled: true,
    emailVerified: true,
    requiredActions: [] as string[],
  };
}

function credentialsOf({ password, totpKey }: PersonSecrets) {
  const credentials: object[] = [{ type: 'password', value: password, temporary: false }];
  if (totpKey !== undefined) {
    credentials.push({
      type: 'otp',
      userLabel: fingerprint({ password, totpKey }),
      secretData: JSON.stringify({ value: totpKey }),
      credentialData: JSON.stringify({ subType: 'totp', period: 30, digits: 6, algorithm: 'HmacSHA1', counter: 0 }),
    });
  }
  return credentials;
}

/** Of random secrets, so nothing can be guessed from it. */
function fingerprint({ password, totpKey }: Required<PersonSecrets>): string {
  return createHash('sha256').update(`${password}\n${totpKey}`).digest('hex').slice(0, 16);
}
