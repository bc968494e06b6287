import { setTimeout as sleep } from 'node:timers/promises';

export interface EventuallyOptions {
  /** 10,000 by default. */
  timeoutMs?: number;
  /** Pause between attempts; 20 by default. */
  everyMs?: number;
}

/**
 * Calls `attempt` until it neither throws nor answers false or undefined; returns its answer. After the limit it
 * throws what the last attempt threw, so that a failed expectation reads as if it stood alone.
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs = 20 }: EventuallyOptions = {},
): Promise<Exclude<T, false | undefined>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const last = await outcomeOf(attempt, deadline, timeoutMs);
    if ('value' in last) return last.value;
    if (performance.now() + everyMs > deadline) throw last.error;
    await sleep(everyMs);
  }
}

type Outcome<T> = { value: Exclude<T, false | undefined> } | { error: unknown };

/** An attempt that hangs must not outlast the limit. */
async function outcomeOf<T>(attempt: () => T | Promise<T>, deadline: number, timeoutMs: number): Promise<Outcome<T>> {
  const timer = new AbortController();
  const limit = sleep(Math.max(deadline - performance.now(), 0), undefined, { signal: timer.signal }).then(() => {
    throw new Error(`the attempt did not end within ${timeoutMs} ms`);
  });
  try {
    const value = await Promise.race([Promise.resolve().then(attempt), limit]);
    if (value === false || value === undefined)
      return { error: new Error(`still ${String(value)} after ${timeoutMs} ms`) };
    return { value: value as Exclude<T, false | undefined> };
  } catch (error) {
    return { error };
  } finally {
    limit.catch(() => undefined);
    timer.abort();
  }
}
