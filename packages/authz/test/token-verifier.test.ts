import { createHmac } from 'node:crypto';
import { AppError } from '@portal/errors';
import { createLogger } from '@portal/runtime';
import fc from 'fast-check';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { createTokenVerifier } from '../src/index.ts';
import type { TokenVerifier } from '../src/index.ts';
import { createIssuer } from './_issuer.ts';
import type { Issuer } from './_issuer.ts';

const log = createLogger({ service: 'test', level: 'fatal' });
const nowS = 1_800_000_000;
const clock = { now: () => new Date(nowS * 1000) };
const audience = 'portal-api';

let issuer: Issuer;
let verifier: TokenVerifier;
beforeEach(async () => {
  issuer = await createIssuer();
  verifier = create();
});
afterEach(() => issuer.close());

function create(options: { cooldownMs?: number; fetchTimeoutMs?: number } = {}): TokenVerifier {
  return createTokenVerifier({ issuer: issuer.issuer, audience, log, clock, cooldownMs: 0, ...options });
}

function claims(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    iss: issuer.issuer,
    aud: audience,
    sub: 'person-1',
    sid: 'session-1',
    preferred_username: 'gv.an',
    amr: ['pwd'],
    typ: 'Bearer',
    iat: nowS,
    exp: nowS + 300,
    ...changes,
  };
}

async function reasonOf(token: string, by = verifier): Promise<string> {
  try {
    await by.verify(token);
    return 'accepted';
  } catch (error) {
    return error instanceof AppError ? `${error.kind} ${error.reason}` : `unexpected ${String(error)}`;
  }
}

const invalid = 'UNAUTHENTICATED TOKEN_INVALID';
const expired = 'UNAUTHENTICATED TOKEN_EXPIRED';
const away = 'UNAVAILABLE IDENTITY_PROVIDER_UNAVAILABLE';

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

test('a good token tells person, session, user name and end', async () => {
  await expect(verifier.verify(await issuer.sign(claims()))).resolves.toEqual({
    personId: 'person-1',
    username: 'gv.an',
    sessionId: 'session-1',
    secondFactor: false,
    expiresAt: new Date((nowS + 300) * 1000),
  });
});

test.each([
  [['pwd', 'otp'], true],
  [['hwk'], true],
  [['pwd'], false],
  [[], false],
  [undefined, false],
  ['otp', false],
  [{ otp: true }, false],
  [[['otp']], false],
])('amr %j means second factor: %j', async (amr, secondFactor) => {
  await expect(verifier.verify(await issuer.sign(claims({ amr })))).resolves.toMatchObject({ secondFactor });
});

test('one audience among several is enough', async () => {
  await expect(reasonOf(await issuer.sign(claims({ aud: ['other', audience] })))).resolves.toBe('accepted');
});

test.each<[string, Record<string, unknown>, string]>([
  ['another issuer', { iss: 'http://elsewhere/realms/portal' }, invalid],
  ['the same host in another spelling', { iss: 'http://localhost/realms/portal' }, invalid],
  ['no issuer', { iss: undefined }, invalid],
  ['another audience', { aud: 'portal-gateway' }, invalid],
  ['an audience that contains ours', { aud: 'portal-api-2' }, invalid],
  ['no audience', { aud: undefined }, invalid],
  ['expired beyond the tolerance', { exp: nowS - 6 }, expired],
  ['no expiry', { exp: undefined }, invalid],
  ['an expiry that is no number', { exp: '9999999999' }, invalid],
  ['not valid before a later time', { nbf: nowS + 60 }, invalid],
  ['no subject', { sub: undefined }, invalid],
  ['an empty subject', { sub: '' }, invalid],
  ['a subject that is no text', { sub: 7 }, invalid],
  ['an endless subject', { sub: 'x'.repeat(129) }, invalid],
  ['no session, as a service account has none', { sid: undefined }, invalid],
  ['a session that is an object', { sid: { $ne: null } }, invalid],
  ['an identity token', { typ: 'ID' }, invalid],
  ['a logout token', { typ: 'Logout' }, invalid],
])('a token with %s is refused', async (_name, changes, reason) => {
  await expect(reasonOf(await issuer.sign(claims(changes)))).resolves.toBe(reason);
});

test('an expiry within the tolerance between two clocks is accepted', async () => {
  await expect(reasonOf(await issuer.sign(claims({ exp: nowS - 4 })))).resolves.toBe('accepted');
});

describe('hostile tokens', () => {
  test('alg none, in any spelling, is refused', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      const unsigned = `${part({ alg, kid: 'key-1' })}.${part(claims())}.`;
      await expect(reasonOf(unsigned)).resolves.toBe(invalid);
    }
  });

  test('an HMAC made with the public key as secret is refused', async () => {
    const [jwk] = issuer.published();
    for (const secret of [JSON.stringify(jwk), jwk?.n ?? '', Buffer.from(jwk?.n ?? '', 'base64url')]) {
      const signed = `${part({ alg: 'HS256', kid: 'key-1' })}.${part(claims())}`;
      const mac = createHmac('sha256', secret).update(signed).digest('base64url');
      await expect(reasonOf(`${signed}.${mac}`)).resolves.toBe(invalid);
    }
  });

  test.each(['RS384', 'PS256', 'ES256'])(
    'another algorithm (%s) is refused even with the key published',
    async (alg) => {
      const { privateKey, publicKey } = await generateKeyPair(alg);
      issuer.answer(JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'other', alg, use: 'sig' }] }));
      const token = await new SignJWT(claims()).setProtectedHeader({ alg, kid: 'other' }).sign(privateKey);
      await expect(reasonOf(token)).resolves.toBe(invalid);
    },
  );

  test('a foreign key under our key id is refused', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const token = await new SignJWT(claims()).setProtectedHeader({ alg: 'RS256', kid: 'key-1' }).sign(privateKey);
    await expect(reasonOf(token)).resolves.toBe(invalid);
  });

  test('a key that comes with the token or is pointed at by it is not looked at', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const jwk = await exportJWK(publicKey);
    for (const header of [
      { jwk },
      { jku: 'http://127.0.0.1:9/keys' },
      { jwk, kid: 'key-1' },
      { x5u: 'http://127.0.0.1:9' },
    ]) {
      const token = await new SignJWT(claims()).setProtectedHeader({ alg: 'RS256', ...header }).sign(privateKey);
      await expect(reasonOf(token)).resolves.toBe(invalid);
    }
  });

  test('changed claims under an old signature are refused', async () => {
    const [header, , signature] = (await issuer.sign(claims())).split('.');
    await expect(reasonOf(`${header}.${part(claims({ sub: 'person-2' }))}.${signature}`)).resolves.toBe(invalid);
  });

  test('an unknown critical header is refused', async () => {
    const header = part({ alg: 'RS256', kid: 'key-1', crit: ['exp2'], exp2: 1 });
    await expect(reasonOf(`${header}.${part(claims())}.c2ln`)).resolves.toBe(invalid);
  });

  test('a token of 1 MB is refused without being parsed', async () => {
    const huge = await issuer.sign(claims({ padding: 'x'.repeat(1_000_000) }));
    await expect(reasonOf(huge)).resolves.toBe(invalid);
    expect(issuer.asked()).toBe(0);
  });

  test('any garbage is refused, and as nothing but an invalid token', async () => {
    const segment = fc.oneof(
      fc.base64String(),
      fc.string(),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
    );
    const garbage = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.array(segment, { maxLength: 6 }).map((parts) => parts.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(garbage, async (token) => {
        expect(await reasonOf(token)).toBe(invalid);
      }),
      { numRuns: 500 },
    );
  });

  test('no change of a single character of a token survives', async () => {
    const token = await issuer.sign(claims());
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.';
    // The last character of a segment may carry unused bits: two spellings of one signature are one signature.
    const last = new Set([...token.matchAll(/[^.](?=\.|$)/g)].map((match) => match.index));
    const position = fc.nat(token.length - 1).filter((at) => !last.has(at));
    await fc.assert(
      fc.asyncProperty(position, fc.constantFrom(...alphabet), async (at, character) => {
        fc.pre(token[at] !== character);
        expect(await reasonOf(token.slice(0, at) + character + token.slice(at + 1))).toBe(invalid);
      }),
    );
  });
});

describe('keys', () => {
  test('are asked for once, however many tokens come at once', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, n) => issuer.sign(claims({ sid: `s${n}` }))));
    await Promise.all(tokens.map((token) => verifier.verify(token)));
    expect(issuer.asked()).toBe(1);
  });

  test('after a rotation the new key counts at once and the old one no more', async () => {
    const old = await issuer.sign(claims());
    await expect(reasonOf(old)).resolves.toBe('accepted');
    await issuer.rotate();
    await expect(reasonOf(await issuer.sign(claims()))).resolves.toBe('accepted');
    await expect(reasonOf(old)).resolves.toBe(invalid);
  });

  test('made-up key ids do not make us flood the issuer', async () => {
    verifier = create({ cooldownMs: 60_000 });
    await verifier.verify(await issuer.sign(claims()));
    for (let n = 0; n < 50; n += 1) {
      await expect(reasonOf(await issuer.sign(claims(), { kid: `made-up-${n}` }))).resolves.toBe(invalid);
    }
    expect(issuer.asked()).toBe(1);
  });

  test('an issuer that was never reached makes the answer UNAVAILABLE, and a later attempt works', async () => {
    const token = await issuer.sign(claims());
    issuer.answer('', 503);
    await expect(reasonOf(token)).resolves.toBe(away);
    issuer.answer(undefined);
    await expect(reasonOf(token)).resolves.toBe('accepted');
  });

  test.each([
    ['nothing', ''],
    ['no JSON', 'not json'],
    ['a list', '[]'],
    ['keys that are no list', '{"keys":7}'],
    ['300 kB', `{"keys":[],"x":"${'x'.repeat(300_000)}"}`],
  ])('an answer that is no key set (%s) counts as an issuer that is away', async (_name, body) => {
    issuer.answer(body);
    await expect(reasonOf(await issuer.sign(claims()))).resolves.toBe(away);
  });

  test('known keys go on counting while the issuer is away; an unknown one is UNAVAILABLE', async () => {
    const token = await issuer.sign(claims());
    await verifier.verify(token);
    issuer.answer('', 500);
    await expect(reasonOf(token)).resolves.toBe('accepted');
    await expect(reasonOf(await issuer.sign(claims(), { kid: 'new' }))).resolves.toBe(away);
    await expect(reasonOf(token)).resolves.toBe('accepted');
  });

  test('a refused connection is UNAVAILABLE too', async () => {
    const token = await issuer.sign(claims());
    await issuer.close();
    await expect(reasonOf(token)).resolves.toBe(away);
  });
});
