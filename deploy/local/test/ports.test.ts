import { basePortFromEnv, portBlock, portsOf } from '../ports.ts';

test('every port of a stack is its own, and lies within the block', () => {
  const { base, ...ports } = portsOf(9000);
  const all = Object.values(ports);
  expect(base).toBe(9000);
  expect(new Set(all).size).toBe(all.length);
  expect(Math.max(...all)).toBeLessThan(9000 + portBlock);
  expect(Math.min(...all)).toBe(9000);
});

test('the default is 8080, PORTAL_BASE_PORT moves it', () => {
  expect(basePortFromEnv({})).toBe(8080);
  expect(basePortFromEnv({ PORTAL_BASE_PORT: '' })).toBe(8080);
  expect(basePortFromEnv({ PORTAL_BASE_PORT: '20000' })).toBe(20_000);
});

test.each(['80', '65500', 'many', '8080.5', '-1'])('PORTAL_BASE_PORT=%s is refused', (text) => {
  expect(() => basePortFromEnv({ PORTAL_BASE_PORT: text })).toThrow('PORTAL_BASE_PORT must be a whole number');
});
