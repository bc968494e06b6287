import { setImmediate } from 'node:timers/promises';
import { AppError, unavailable } from '@portal/errors';
import fc from 'fast-check';
import { createPageCache } from '../src/pages/page-cache.ts';
import type { PageCache, Served } from '../src/pages/page-cache.ts';
import { createKeptPages, createModel } from './page-cache-model.ts';
import type { Render, TestPage } from './page-cache-model.ts';

const tags = ['t0', 't1', 't2', 't3'];

const keysOf = (count: number) => fc.constantFrom(...Array.from({ length: count }, (_, i) => `k${i}`));

const stepOver = (key: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('request' as const), key }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('finish' as const),
        nth: fc.nat(11),
        tags: fc.uniqueArray(fc.constantFrom(...tags), { maxLength: 3 }),
        keep: fc.boolean(),
        lifetimeMs: fc.option(fc.constantFrom(1, 8_000, 900_000), { nil: undefined, freq: 4 }),
        validForMs: fc.option(fc.constantFrom(0, 2_000, 20_000), { nil: undefined, freq: 3 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('fail' as const), nth: fc.nat(11) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('purge' as const),
        tag: fc.constantFrom(...tags),
        mode: fc.constantFrom('evict' as const, 'refresh' as const),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('advance' as const),
        ms: fc.constantFrom(1, 500, 1_999, 2_000, 4_999, 5_000, 9_999, 10_000, 60_000, 299_999, 300_000),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  );

type Step = ReturnType<typeof stepOver> extends fc.Arbitrary<infer S> ? S : never;

interface Running {
  startedAt: number;
  after: number;
  resolve: (page: TestPage) => void;
  reject: (error: Error) => void;
}

/** Runs the steps against cache and model together. With `roomy` nothing is pushed out, so both must agree exactly. */
async function play(steps: Step[], roomy: boolean): Promise<void> {
  let time = 1_000_000;
  let nextId = 0;
  const now = () => time;
  const model = createModel(now);
  const kept = createKeptPages();
  const running = new Map<string, Running>();
  const maxBytes = roomy ? 1_000_000 : 9_000;
  const open = (): PageCache<TestPage> => createPageCache<TestPage>({ now, maxBytes, lastGood: kept.store });
  let cache = open();
  let process = 0;
  const answers: { key: string; process: number; served?: Served<TestPage>; error?: unknown }[] = [];

  const renderOf = (key: string) => () =>
    new Promise<TestPage>((resolve, reject) => {
      expect(running.has(key)).toBe(false); // one render of a key at a time
      running.set(key, { startedAt: time, after: model.purgeCount(), resolve, reject });
    });

  function request(key: string): void {
    const expected = model.expected(key, running.has(key));
    const found = cache.find(key);
    const actual = found === undefined ? 'wait' : { state: found.state, id: found.page.id };
    if (roomy) expect(actual).toEqual(expected);
    else expect([expected, 'wait']).toContainEqual(actual);
    const asked = { key, process };
    void cache.get(key, renderOf(key)).then(
      (served) => answers.push({ ...asked, served }),
      (error: unknown) => answers.push({ ...asked, error }),
    );
  }

  for (const move of steps) {
    answers.length = 0;
    const [key, flight] = ('nth' in move && [...running][move.nth % running.size]) || [];
    let finished: Render | undefined;
    let fallback: Render | undefined;
    if (move.do === 'request') request(move.key);
    if (move.do === 'advance') {
      time += move.ms;
      kept.arrive();
    }
    if (move.do === 'purge') {
      model.purge(move.tag, move.mode);
      cache.purge(move.tag, move.mode);
    }
    if (move.do === 'restart') {
      kept.arrive();
      model.restart();
      running.clear();
      cache = open();
      process += 1;
    }
    if (move.do === 'finish' && key !== undefined && flight !== undefined) {
      running.delete(key);
      const validUntil = move.validForMs === undefined ? undefined : time + move.validForMs;
      nextId += 1;
      const page = {
        id: nextId,
        tags: move.tags,
        keep: move.keep,
        lifetimeMs: move.lifetimeMs,
        validUntil,
        bytes: 500,
      };
      finished = { page, startedAt: flight.startedAt, after: flight.after };
      model.succeeded(key, finished);
      flight.resolve(page);
    }
    if (move.do === 'fail' && key !== undefined && flight !== undefined) {
      running.delete(key);
      const stored = kept.peek(key);
      fallback = model.failed(key, stored && model.render(stored.id));
      flight.reject(unavailable('CONTENT_DOWN'));
    }
    await setImmediate();

    expect(cache.size().bytes).toBeLessThanOrEqual(maxBytes);
    for (const answer of answers.filter((each) => each.process === process)) {
      if (answer.served === undefined) {
        const reason = answer.error instanceof AppError ? answer.error.reason : 'NOT_AN_APP_ERROR';
        expect(['CONTENT_DOWN', 'PAGE_CHANGING']).toContain(reason);
        // Nobody is turned away while there is a good copy.
        if (roomy && reason === 'CONTENT_DOWN') expect(fallback).toBeUndefined();
        continue;
      }
      const { page, state } = answer.served;
      const render = model.render(page.id);
      expect(render && model.isEvicted(render)).toBe(false); // what was evicted is never shown again
      if (move.do === 'finish') expect({ state, id: page.id }).toEqual({ state: 'miss', id: finished?.page.id });
      if (move.do === 'fail') expect(state).toBe('stale');
      if (move.do === 'fail' && roomy) expect(page.id).toBe(fallback?.page.id);
    }
  }
}

const stepsOver = (keyCount: number) =>
  fc.array(stepOver(keysOf(keyCount)), { minLength: 20, maxLength: 150, size: 'max' });

it('answers as the naive model does, under random purges, races, failures, restarts and clocks', async () => {
  const property = fc.asyncProperty(stepsOver(2), (steps) => play(steps, true));
  await fc.assert(property, { numRuns: 400 });
});

it('stays inside its bytes and never shows more than the naive model allows when space is short', async () => {
  const property = fc.asyncProperty(stepsOver(12), (steps) => play(steps, false));
  await fc.assert(property, { numRuns: 100 });
});
