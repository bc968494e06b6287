import fc from 'fast-check';
import { captureLog } from './support.ts';

const secretNames = fc.constantFrom(
  'authorization',
  'Authorization',
  'proxyAuthorization',
  'cookie',
  'set-cookie',
  'token',
  'accessToken',
  'refresh_token',
  'idToken',
  'secret',
  'clientSecret',
  'KEYCLOAK_CLIENT_SECRET',
  'password',
  'newPassword',
  'passwd',
  'passphrase',
  'credentials',
  'private_key',
  'apiKey',
  'x-api-key',
  'otp',
  'totp',
);
/** Not to be found by accident in anything else of a line. */
const secret = fc.stringMatching(/^[a-z0-9]{12,20}$/).map((text) => `zz${text}zz`);
const name = fc.constantFrom('a', 'request', 'headers', 'list', '__proto__', 'err', 'msg', 'cause');

type Wrap = (inner: unknown, name: string) => unknown;
const wraps: readonly Wrap[] = [
  (inner, key) => Object.fromEntries([[key, inner]]),
  (inner) => [1, inner],
  (inner, key) => new Map([[key, inner]]),
  (inner) => new Set([inner]),
  (inner) => ({ toJSON: () => inner }),
  (inner) => new Error('outer', { cause: inner }),
  (inner) => Object.assign(new TypeError('outer'), { config: inner }),
];
const path = fc.array(fc.tuple(fc.constantFrom(...wraps), name), { maxLength: 6 });

test('a secret under its name is in no line, at any depth, inside anything, in fields and bindings', () => {
  fc.assert(
    fc.property(secretNames, secret, path, (key, value, steps) => {
      const { log, text } = captureLog();
      const nested = steps.reduce<unknown>((inner, [wrap, step]) => wrap(inner, step), { [key]: value, kept: 'seen' });
      const fields = { field: nested };
      log.info(fields, 'a');
      log.error({ err: nested }, 'b');
      log.child(fields).warn('c');
      log
        .child({})
        .child({ [key]: { deeper: value } })
        .fatal({ [key]: [value] }, 'd');
      expect(text()).not.toContain(value);
      if (steps.length < 4) expect(text()).toContain('seen');
    }),
  );
});

test.each([
  ['a bearer token', 'authorization: Bearer abcdefgh12345678', 'abcdefgh12345678'],
  ['a basic credential', 'got Basic dXNlcjpwYXNzd29yZA==', 'dXNlcjpwYXNzd29yZA'],
  ['a JSON web token', 'token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl was refused', 'c2lnbmF0dXJl'],
  ['a JSON web token inside a word', 'token-eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', 'c2lnbmF0dXJl'],
  ['a password in a URL', 'cannot reach mongodb://portal:hunter22@127.0.0.1:27017/?x=1', 'hunter22'],
])('%s inside a text is masked wherever the text stands', (_, text, part) => {
  const { log, text: written } = captureLog();
  log.info(text);
  log.info({ url: text, deep: { list: [text] } }, 'x');
  log.child({ text }).info({ err: new Error(text, { cause: text }) }, text);
  expect(written()).not.toContain(part);
  expect(written()).toContain('[redacted]');
});

test('a line stays one line of JSON, whatever is logged', () => {
  fc.assert(
    fc.property(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
      (value) => {
        const { log, lines, text } = captureLog();
        log.info({ value }, 'x\n"y');
        log.child({ value }).info('z');
        expect(lines()).toHaveLength(2);
        expect(text().split('\n')).toHaveLength(3);
      },
    ),
  );
});

test('cycles, depth, size and getters that throw cannot break or flood a log', () => {
  const { log, text, lines } = captureLog();
  const cyclic: Record<string, unknown> = { name: 'cyclic' };
  cyclic.self = cyclic;
  let deep: object = {};
  for (let level = 0; level < 10_000; level += 1) deep = { deep };
  const hostile = Object.defineProperty({}, 'bad', {
    enumerable: true,
    get: () => {
      throw new Error('no');
    },
  });
  const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key${index}`, [index]]));
  log.info({ cyclic, deep, hostile, wide, long: 'x'.repeat(1_000_000), bytes: new Uint8Array(1_000_000) }, 'x');
  expect(lines()).toHaveLength(1);
  expect(lines()[0]).toMatchObject({
    cyclic: { name: 'cyclic', self: '[circular]' },
    hostile: '[unreadable]',
    bytes: '[1000000 bytes]',
  });
  expect(text().length).toBeLessThan(80_000);
});

test('masking takes linear time on hostile text', () => {
  const { log } = captureLog();
  const startedAt = performance.now();
  for (const piece of ['eyJ', '-eyJ', 'Bearer ', 'a://', 'a://b:', 'x@', ' \t', 'eyJaaaaaaaaa-']) {
    log.info({ list: Array.from({ length: 100 }, () => piece.repeat(8_000 / piece.length)) }, 'x');
  }
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
