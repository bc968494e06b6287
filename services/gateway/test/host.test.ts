import fc from 'fast-check';
import { parseHost } from '../src/http/host.ts';

it.each([
  ['thbinhkhanh.cangio.hcm.localhost', 'thbinhkhanh.cangio.hcm.localhost', ''],
  ['ThBinhKhanh.CanGio.HCM.localhost:8080', 'thbinhkhanh.cangio.hcm.localhost', '8080'],
  ['thbinhkhanh.localhost.', 'thbinhkhanh.localhost', ''],
  ['thbinhkhanh.localhost.:80', 'thbinhkhanh.localhost', '80'],
  ['thbinhkhanh.localhost:', 'thbinhkhanh.localhost', ''],
  ['127.0.0.1:8080', '127.0.0.1', '8080'],
  ['[::1]:8080', '[::1]', '8080'],
  ['a_b.localhost', 'a_b.localhost', ''],
])('%s names %s', (value, host, port) => {
  expect(parseHost(value)).toEqual({ host, port });
});

it.each([
  '',
  '.',
  ':80',
  'a b',
  'a/b',
  'a\\b',
  'user@host',
  'host:port',
  'host:123456',
  'host:80:80',
  'trường.localhost',
  'a%00b',
  'a\tb',
  'a,b',
  '[::1',
  '::1',
])('refuses %j', (value) => {
  expect(parseHost(value)).toBeUndefined();
});

it('refuses names longer than names can be', () => {
  expect(parseHost('x'.repeat(254))).toBeDefined();
  expect(parseHost('x'.repeat(255))).toBeUndefined();
});

it('never throws, and what it accepts is in lower case and without a port', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.domain(), fc.ipV4(), fc.stringMatching(/^[A-Za-z.:0-9[\]]+$/)), (value) => {
      const parsed = parseHost(value);
      if (parsed === undefined) return;
      expect(parsed.host).toBe(parsed.host.toLowerCase());
      expect(parsed.host).toMatch(/^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)$/);
    }),
  );
});
