import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, fakeClock } from '../src/index.ts';

describe('eventually', () => {
  test('returns the answer as soon as there is one', async () => {
    let calls = 0;
    const answer = await eventually(() => (++calls < 3 ? undefined : calls), { everyMs: 1 });
    expect(answer).toBe(3);
  });

  test('false and undefined count as not yet; zero, empty text and null are answers', async () => {
    for (const value of [0, '', null]) expect(await eventually(() => value)).toBe(value);
    for (const value of [false, undefined]) {
      await expect(eventually(() => value, { timeoutMs: 5, everyMs: 1 })).rejects.toThrow(`still ${value} after 5 ms`);
    }
  });

  test('throws what the last attempt threw, once the limit is over', async () => {
    let calls = 0;
    const failing = eventually(
      () => {
        calls += 1;
        throw new Error(`attempt ${calls}`);
      },
      { timeoutMs: 50, everyMs: 5 },
    );
    await expect(failing).rejects.toThrow(/^attempt \d+$/);
    expect(calls).toBeGreaterThan(2);
  });

  test('an attempt that hangs does not outlast the limit', async () => {
    const startedAt = performance.now();
    const hanging = eventually(() => sleep(60_000, true, { ref: false }), { timeoutMs: 50 });
    await expect(hanging).rejects.toThrow('did not end within 50 ms');
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe('fakeClock', () => {
  test('stands still until it is moved', () => {
    const clock = fakeClock('2025-09-05T00:00:00Z');
    expect(clock.now()).toEqual(clock.now());
    clock.advance(90_000);
    expect(clock.now().toISOString()).toBe('2025-09-05T00:01:30.000Z');
    clock.set('2026-01-01T00:00:00Z');
    expect(clock.now().toISOString()).toBe('2026-01-01T00:00:00.000Z');
  });

  test('a date it gave away does not move with it', () => {
    const clock = fakeClock(new Date(0));
    const before = clock.now();
    clock.advance(1);
    expect(before.getTime()).toBe(0);
  });
});
