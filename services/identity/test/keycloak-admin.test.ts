import { createPerson, endpoints, keycloakAdmin, signIn, signInAgain, testSecrets } from '@portal/testkit';
import { createKeycloakAdmin } from '../src/keycloak/admin.ts';

const keycloak = createKeycloakAdmin({
  issuer: endpoints().issuer,
  clientId: 'identity-service',
  clientSecret: testSecrets().identityClientSecret,
  timeoutMs: 5000,
});

const nobody = '00000000-0000-4000-8000-000000000000';

test('a person is found by the exact user name and by no part of it', async () => {
  const { personId, username } = await createPerson();
  await expect(keycloak.findPerson(username)).resolves.toEqual({ personId, username });
  await expect(keycloak.findPerson(username.slice(0, -1))).resolves.toBeUndefined();
  await expect(keycloak.findPerson('*')).resolves.toBeUndefined();
  await expect(keycloak.findPerson(`${username}%`)).resolves.toBeUndefined();
});

test('service accounts are nobody', async () => {
  await expect(keycloak.findPerson('service-account-identity-service')).resolves.toBeUndefined();
});

test('realm roles are added and removed, each as often as one likes', async () => {
  const { personId } = await createPerson();
  for (let round = 0; round < 2; round += 1) {
    await expect(keycloak.addRealmRoles(personId, ['editor', 'unit-admin'])).resolves.toBe(true);
  }
  await expect(keycloak.listRealmRoles(personId)).resolves.toEqual(expect.arrayContaining(['editor', 'unit-admin']));
  for (let round = 0; round < 2; round += 1) {
    await expect(keycloak.removeRealmRoles(personId, ['unit-admin'])).resolves.toBe(true);
  }
  const left = await keycloak.listRealmRoles(personId);
  expect(left).toContain('editor');
  expect(left).not.toContain('unit-admin');
});

test('the same role written by many at once is written, and nobody is refused', async () => {
  const { personId } = await createPerson();
  for (let round = 0; round < 5; round += 1) {
    for (const change of [keycloak.addRealmRoles, keycloak.removeRealmRoles]) {
      const outcomes = await Promise.all(Array.from({ length: 6 }, () => change(personId, ['editor', 'unit-admin'])));
      expect(outcomes).toEqual(outcomes.map(() => true));
      const held = await keycloak.listRealmRoles(personId);
      expect(held?.includes('unit-admin')).toBe(change === keycloak.addRealmRoles);
    }
  }
});

test('a role that the realm lacks is a fault of the realm, said by name', async () => {
  const { personId } = await createPerson();
  await expect(keycloak.addRealmRoles(personId, ['no-such-role'])).rejects.toMatchObject({
    kind: 'INTERNAL',
    reason: 'REALM_ROLE_MISSING',
    message: expect.stringContaining('no-such-role') as string,
  });
});

test('the grants attribute is replaced as a whole and nothing else of the person changes', async () => {
  const { personId } = await createPerson();
  const path = `/users/${personId}`;
  const before = await keycloakAdmin().get<Record<string, unknown>>(path);
  await keycloak.setGrantsAttribute(personId, ['editor:u1', 'operator:platform']);
  await keycloak.setGrantsAttribute(personId, ['board-head:u2', 'editor:u1']);
  const after = await keycloakAdmin().get<Record<string, unknown>>(path);
  expect(after).toEqual({ ...before, attributes: { grants: ['board-head:u2', 'editor:u1'] } });
  await keycloak.setGrantsAttribute(personId, []);
  await expect(keycloakAdmin().get(path)).resolves.toEqual(before);
});

test('sessions are listed by the sid of their tokens and ended one by one', async () => {
  const person = await createPerson();
  const first = await signIn(person);
  const second = await signInAgain(person);
  const open = await keycloak.listSessions(person.personId);
  expect(new Set(open)).toEqual(new Set([first.sessionId, second.sessionId]));
  await keycloak.endSession(first.sessionId);
  await keycloak.endSession(first.sessionId);
  await expect(keycloak.listSessions(person.personId)).resolves.toEqual([second.sessionId]);
});

test('somebody who is not there is undefined or false, never an error', async () => {
  await expect(keycloak.findPerson('nobody.at.all')).resolves.toBeUndefined();
  await expect(keycloak.listRealmRoles(nobody)).resolves.toBeUndefined();
  await expect(keycloak.listSessions(nobody)).resolves.toBeUndefined();
  await expect(keycloak.addRealmRoles(nobody, ['editor'])).resolves.toBe(false);
  await expect(keycloak.removeRealmRoles(nobody, ['editor'])).resolves.toBe(false);
  await expect(keycloak.setGrantsAttribute(nobody, ['editor:u1'])).resolves.toBe(false);
  await expect(keycloak.endSession(nobody)).resolves.toBeUndefined();
});
