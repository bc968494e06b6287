import fc from 'fast-check';
import { feedTable } from '../src/index.ts';
import { createStage, eventOf, listenTo, modelOf, newTable, partitionCount } from './_stage.ts';
import type { Said, Step } from './_stage.ts';

const said: fc.Arbitrary<Said> = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
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
const story: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
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
  ),
  { minLength: 5, maxLength: 80 },
);

test('through restarts, redelivery, compaction and new topics: once caught up, the table is what the topic says', () => {
  fc.assert(
    fc.property(story, (steps) => {
      const stage = createStage();
      for (const step of steps) stage.play(step);
      stage.finish();
    }),
    { numRuns: Number(process.env['PROJECTION_RUNS'] ?? 500) },
  );
});
