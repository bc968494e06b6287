import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after `ms`, or at once when the signal says so. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, { ...(signal && { signal }) }).catch(() => undefined);
}

/** Waits for a promise whose outcome does not matter, but not longer than `ms`. */
export async function settle(promise: Promise<unknown>, ms: number): Promise<void> {
  const timer = new AbortController();
  await Promise.race([promise.catch(() => undefined), sleep(ms, timer.signal)]);
  timer.abort();
}

export class TimeoutError extends Error {
  override name = 'TimeoutError';
}

/** The promise, or a TimeoutError after `ms`; what the promise does later is ignored. */
export async function within<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new TimeoutError(`${what} took longer than ${Math.round(ms)} ms`)), ms);
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => undefined);
  }
}

/** Pauses between attempts: doubling from `firstMs` up to `longestMs`, with up to a fifth of chance in it. */
export function createBackOff(firstMs: number, longestMs: number): { next(): number; reset(): void } {
  let ms = firstMs;
  return {
    next() {
      const pause = ms * (0.8 + 0.4 * Math.random());
      ms = Math.min(ms * 2, longestMs);
      return pause;
    },
    reset() {
      ms = firstMs;
    },
  };
}

/** Lets one waiter be woken early; a ring while nobody waits is remembered. */
export function createBell(): { ring(): void; wait(ms: number): Promise<void> } {
  let rung = new AbortController();
  return {
    ring: () => rung.abort(),
    async wait(ms) {
      await sleep(ms, rung.signal);
      rung = new AbortController();
    },
  };
}
