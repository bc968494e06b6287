import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { claimsOf, refreshSession, signInWithForms, totpCodeOf, totpStepAt } from '@portal/local';
import { createPerson, endpoints, eventually, keycloakAdmin, signIn, signInAgain, tokenFor } from '../src/index.ts';
import { gatewayClient } from '../src/people.ts';

test('a token says who signed in and how, for the portal services', async () => {
  const person = await createPerson();
  const { token, personId, sessionId } = await signIn(person);
  const claims = claimsOf(token);
  expect(claims).toMatchObject({
    iss: endpoints().issuer,
    aud: 'portal-api',
    azp: 'portal-gateway',
    sub: person.personId,
    preferred_username: person.username,
    amr: ['pwd'],
  });
  expect({ personId, sessionId }).toEqual({ personId: claims['sub'], sessionId: claims['sid'] });
  expect(Number(claims['exp']) - Number(claims['iat'])).toBe(300);
});

test('a token says what the person may do in no way', async () => {
  const person = await createPerson({ secondFactor: true, realmRoles: ['unit-admin'] });
  const claims = claimsOf(await tokenFor(person));
  expect(claims).not.toHaveProperty('realm_access');
  expect(claims).not.toHaveProperty('resource_access');
  expect(claims).not.toHaveProperty('grants');
  expect(claims).not.toHaveProperty('email');
});

test('a second factor shows in amr', async () => {
  const { token } = await signIn(await createPerson({ secondFactor: true }));
  expect(claimsOf(token)['amr']).toEqual(['pwd', 'otp']);
});

test('signing in again and again goes on with one session, with a fresh token each time', async () => {
  const person = await createPerson({ secondFactor: true });
  const first = await signIn(person);
  const others = await Promise.all([signIn(person), signIn(person), signIn(person)]);
  for (const other of others) {
    expect(other.sessionId).toBe(first.sessionId);
    expect(other.token).not.toBe(first.token);
    expect(claimsOf(other.token)['amr']).toEqual(['pwd', 'otp']);
  }
});

test('another process goes on with the same session', async () => {
  const person = await createPerson({ secondFactor: true });
  const { sessionId } = await signIn(person);
  const program = `
    globalThis.afterAll = () => {};
    const { signIn } = await import('@portal/testkit');
    console.log((await signIn(${JSON.stringify(person)})).sessionId);`;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect((await run).stdout.trim()).toBe(sessionId);
});

test('signInAgain opens a session of its own', async () => {
  const person = await createPerson({ secondFactor: true });
  const [first, second] = [await signIn(person), await signInAgain(person)];
  expect(second.personId).toBe(first.personId);
  expect(second.sessionId).not.toBe(first.sessionId);
});

test('a session that was ended is replaced by a new one', async () => {
  const person = await createPerson();
  const first = await signIn(person);
  await keycloakAdmin().remove(`/sessions/${first.sessionId}`);
  const second = await signIn(person);
  expect(second.sessionId).not.toBe(first.sessionId);
});

describe('refused', () => {
  test('a wrong password', async () => {
    const { username } = await createPerson();
    await expect(signInWithForms(await gatewayClient(), username, 'wrong-password-1')).rejects.toMatchObject({
      reason: 'REFUSED',
      message: expect.stringContaining('Tên người dùng hoặc mật khẩu không hợp lệ'),
    });
  });

  test('a person nobody knows, in the same words', async () => {
    await expect(signInWithForms(await gatewayClient(), 'test.nobody', 'wrong-password-1')).rejects.toMatchObject({
      reason: 'REFUSED',
      message: expect.stringContaining('Tên người dùng hoặc mật khẩu không hợp lệ'),
    });
  });

  test('a wrong code', async () => {
    const { username, password, totpKey = '' } = await createPerson({ secondFactor: true });
    const wrong = totpCodeOf(`${totpKey}x`, totpStepAt(Date.now()));
    const signingIn = signInWithForms(await gatewayClient(), username, password, () => Promise.resolve(wrong));
    await expect(signingIn).rejects.toMatchObject({ reason: 'CODE_REFUSED' });
  });

  test('a code that was used before', async () => {
    const { username, password, totpKey = '' } = await createPerson({ secondFactor: true });
    const code = totpCodeOf(totpKey, totpStepAt(Date.now()));
    const client = await gatewayClient();
    await signInWithForms(client, username, password, () => Promise.resolve(code));
    const again = () => signInWithForms(client, username, password, () => Promise.resolve(code));
    // Keycloak lets nobody in twice at once: until it has noted the first login it refuses the password already.
    await eventually(async () => {
      const reason = await again().then(
        () => 'signed in',
        (error: unknown) => (error as { reason?: string }).reason,
      );
      if (reason === 'REFUSED') return false;
      expect(reason).toBe('CODE_REFUSED');
      return true;
    });
  });

  test('whoever has a second factor and does not give it', async () => {
    const { username, password } = await createPerson({ secondFactor: true });
    await expect(signInWithForms(await gatewayClient(), username, password)).rejects.toMatchObject({
      reason: 'CODE_REFUSED',
    });
  });

  test.each(['department-admin', 'unit-admin'])(
    'a holder of %s without a second factor: asked to set one up first',
    async (role) => {
      const { username, password } = await createPerson({ realmRoles: [role] });
      await expect(signInWithForms(await gatewayClient(), username, password)).rejects.toMatchObject({
        reason: 'ENROL',
      });
    },
  );

  test('another place to come back to than the portal', async () => {
    const { username, password } = await createPerson();
    const client = { ...(await gatewayClient()), redirectUri: 'http://portal.example/auth/callback' };
    await expect(signInWithForms(client, username, password)).rejects.toMatchObject({ reason: 'UNEXPECTED' });
  });

  test('the code of a sign-in with a wrong client secret', async () => {
    const { username, password } = await createPerson();
    const client = { ...(await gatewayClient()), clientSecret: 'wrong' };
    await expect(signInWithForms(client, username, password)).rejects.toMatchObject({ reason: 'UNEXPECTED' });
  });

  test('a refresh token of a session that was ended', async () => {
    const { personId, username, password } = await createPerson();
    const client = await gatewayClient();
    const { refreshToken } = await signInWithForms(client, username, password);
    expect(await refreshSession(client, refreshToken)).toMatchObject({ personId });
    await keycloakAdmin().post(`/users/${personId}/logout`, {});
    expect(await refreshSession(client, refreshToken)).toBeUndefined();
  });
});

test('a role that asks for no second factor lets its holder in with the password', async () => {
  const { token } = await signIn(await createPerson({ realmRoles: ['editor', 'approver'] }));
  expect(claimsOf(token)['amr']).toEqual(['pwd']);
});
