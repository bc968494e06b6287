import fc from 'fast-check';
import { addressKey, createRateLimiter } from '../src/http/rate-limit.ts';

it('lets through at most the burst and what came back in the time, and nothing less', () => {
  const waits = fc.array(fc.integer({ min: -50, max: 700 }), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 50 }), waits, (perSecond, burst, pauses) => {
      let time = 1_000;
      const limiter = createRateLimiter({ perSecond, burst }, () => time);
      let tokens = burst;
      for (const pause of pauses) {
        time += pause;
        tokens = Math.min(burst, tokens + (Math.max(0, pause) * perSecond) / 1000);
        const mayPass = tokens >= 1;
        // Sums of fractions differ in their last digits; at the edge both answers are right.
        const taken = limiter.take('a');
        if (Math.abs(tokens - 1) > 1e-6) expect(taken).toBe(mayPass);
        if (taken) tokens -= 1;
      }
    }),
  );
});

it('counts each key by itself', () => {
  const limiter = createRateLimiter({ perSecond: 1, burst: 1 }, () => 0);
  expect(limiter.take('a')).toBe(true);
  expect(limiter.take('a')).toBe(false);
  expect(limiter.take('b')).toBe(true);
});

it('remembers a busy key however many others come', () => {
  const limiter = createRateLimiter({ perSecond: 1, burst: 1 }, () => 0, 100);
  expect(limiter.take('busy')).toBe(true);
  for (let index = 0; index < 1_000; index += 1) {
    limiter.take(`other ${index}`);
    expect(limiter.take('busy')).toBe(false);
  }
});

it.each([
  ['203.113.1.2', '203.113.1.2'],
  ['::ffff:203.113.1.2', '203.113.1.2'],
  ['2001:ee0:4f80:1::a', '2001:ee0:4f80:1'],
  ['2001:ee0:4f80:1:ffff:1:2:3', '2001:ee0:4f80:1'],
  ['2001:ee0::5', '2001:ee0:0:0'],
  ['::1', '0:0:0:0'],
  [undefined, 'none'],
])('counts %s as %s', (address, key) => {
  expect(addressKey(address)).toBe(key);
});
