import fc from 'fast-check';
import { feedTable } from '../src/index.ts';
import { createStage, eventOf, listenTo, modelOf, newTable, partitionCount, partitionOf } from './_stage.ts';
import type { Said, Step } from './_stage.ts';

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const said: fc.Arbitrary<Said> = fc.record({
  key,
  version: fc.integer({ min: 1, max: 6 }),
  isTombstone: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

test('after any events in any order, however often they come, a table holds what the highest versions say', () => {
  fc.assert(
    fc.property(fc.array(said, { maxLength: 40 }), (events) => {
      const table = newTable();
      const told = listenTo(table);
      events.forEach((event, index) => {
        feedTable(table, eventOf(event));
        const model = modelOf(events.slice(0, index + 1));
        expect(new Map(table.entries())).toEqual(model);
        expect(told).toEqual(model);
        expect(table.size).toBe(model.size);
      });
    }),
    { numRuns: 300 },
  );
});

const of = <T extends string>(name: T) => ({ do: fc.constant(name) });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ ...of('produce'), said }) },
  {
    weight: 10,
    arbitrary: fc.record({
      ...of('read'),
      partition: fc.nat(partitionCount - 1),
      count: fc.integer({ min: 1, max: 5 }),
      back: fc.nat(2),
    }),
  },
  { weight: 2, arbitrary: fc.record(of('reconnect')) },
  { weight: 3, arbitrary: fc.record(of('save')) },
  { weight: 3, arbitrary: fc.record({ ...of('restart'), isOld: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record(of('compact')) },
  { weight: 2, arbitrary: fc.record(of('forget')) },
  {
    weight: 1,
    arbitrary: fc.record({
      ...of('replace'),
      noticed: fc.constantFrom('missing' as const, 'shorter' as const, 'at boot' as const),
      by: fc.array(said, { maxLength: 3 }),
    }),
  },
);
/** A deletion that the last snapshot missed and nobody can read any more: chance alone hardly meets it. */
const missedDeletion: fc.Arbitrary<Step[]> = key.map((deleted) => {
  const read = { do: 'read', partition: partitionOf(deleted), count: 100, back: 0 } as const;
  const produce = (version: number, isTombstone: boolean) =>
    ({ do: 'produce', said: { key: deleted, version, isTombstone } }) as const;
  const restart = { do: 'restart', isOld: false } as const;
  return [produce(5, false), read, { do: 'save' }, produce(6, true), read, { do: 'forget' }, restart];
});
const story = fc.array(
  fc.oneof({ weight: 30, arbitrary: step.map((one) => [one]) }, { weight: 1, arbitrary: missedDeletion }),
  { minLength: 5, maxLength: 80 },
);

test('through restarts, redelivery, compaction and new topics: once caught up, the table is what the topic says', () => {
  fc.assert(
    fc.property(story, (steps) => {
      const stage = createStage();
      for (const one of steps.flat()) stage.play(one);
      stage.finish();
    }),
    { numRuns: Number(process.env['PROJECTION_RUNS'] ?? 500) },
  );
});
