import fc from 'fast-check';
import type { RawMessage, Relay } from '../src/index.ts';
import { createGate } from './_gate.ts';
import type { Gate, Point } from './_gate.ts';
import { createWorld, holds, noteTopic, randomId, versionOf } from './_world.ts';

/**
 * What holds whatever happens, for every aggregate: the last message of its topic is its newest version, and every fact
 * was published at least once. Two processes of the service live at the beginning, and never more than three. Steps that
 * meet no relay in the right place do nothing.
 */
type Step =
  | { do: 'write' | 'delete'; note: number }
  /** Another process of the service starts. */
  | { do: 'start' }
  /** The lease of whoever has it runs out, as if he had been frozen for long. */
  | { do: 'expire' }
  /** One of the processes freezes at its next send. */
  | { do: 'freeze'; who: number; at: Point }
  | { do: 'thaw'; who: number }
  /** A process that is frozen dies. */
  | { do: 'die' }
  /** Everything is published, where anybody can. */
  | { do: 'wait' };

const note = fc.nat(1);
const who = fc.nat(2);
const at = fc.constantFrom<Point>('afterRead', 'beforeSend', 'afterSend');
const of = <T extends string>(name: T) => ({ do: fc.constant(name) });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ ...of('write'), note }) },
  { weight: 1, arbitrary: fc.record({ ...of('delete'), note }) },
  { weight: 1, arbitrary: fc.record(of('start')) },
  { weight: 4, arbitrary: fc.record(of('expire')) },
  { weight: 4, arbitrary: fc.record({ ...of('freeze'), who, at }) },
  { weight: 3, arbitrary: fc.record({ ...of('thaw'), who }) },
  { weight: 1, arbitrary: fc.record(of('die')) },
  { weight: 4, arbitrary: fc.record(of('wait')) },
);

/** The way to the worst: what freezes with an old version goes on after a newer one was published. Chance alone is slow. */
const episode: fc.Arbitrary<Step[]> = fc
  .record({ who: fc.nat(1), at, note, thawBefore: fc.nat(7) })
  .map(({ who: frozen, at: place, note: id, thawBefore }) => {
    const write = { do: 'write', note: id } as const;
    const steps: Step[] = [
      { do: 'freeze', who: frozen, at: place },
      write,
      { do: 'wait' },
      { do: 'expire' },
      { do: 'wait' },
      write,
      { do: 'wait' },
    ];
    return steps.toSpliced(thawBefore, 0, { do: 'thaw', who: frozen });
  });
const story = fc.array(
  fc.oneof({ weight: 4, arbitrary: step.map((one) => [one]) }, { weight: 1, arbitrary: episode }),
  {
    minLength: 4,
    maxLength: 16,
  },
);

const world = createWorld(import.meta.url);
beforeAll(async () => {
  await world.mongo.start();
  await world.createTopic();
});

interface Process {
  relay: Relay;
  gate: Gate;
}

async function play(steps: readonly Step[]): Promise<Map<string, number>> {
  const ids = [randomId(), randomId()];
  const versions = new Map<string, number>();
  const deleted = new Set<string>();
  let living: Process[] = [];
  const start = async (): Promise<void> => {
    const gate = createGate();
    const relay = world.newRelay({ hooks: gate.hooks, pollMs: 20 });
    living.push({ relay, gate });
    await relay.start();
  };
  const change = async (index: number, isDelete: boolean): Promise<void> => {
    const id = ids[index] ?? '';
    const version = versions.get(id) ?? 0;
    if (deleted.has(id) || (isDelete && version === 0)) return;
    await world.write(id, version, isDelete ? null : `text ${version}`);
    versions.set(id, version + 1);
    if (isDelete) deleted.add(id);
  };
  const wait = async (): Promise<void> => {
    const isStuck = (): boolean => living.every(({ gate }) => gate.isFrozen());
    // Short: a frozen relay that still has its lease lets nobody else go on.
    const done = async () => expect(isStuck() || (await world.unsent()) === 0).toBe(true);
    await holds(done, 300).catch(() => undefined);
  };

  await start();
  await start();
  for (const current of steps) {
    if (current.do === 'write' || current.do === 'delete') await change(current.note, current.do === 'delete');
    else if (current.do === 'start' && living.length < 3) await start();
    else if (current.do === 'expire') await world.expireLease();
    else if (current.do === 'freeze') living[current.who]?.gate.freezeAt(current.at);
    else if (current.do === 'thaw') living[current.who]?.gate.thaw();
    else if (current.do === 'die') living = living.filter(({ gate }) => !gate.isFrozen());
    else if (current.do === 'wait') await wait();
  }
  // The dead stay dead; all others go on, and whoever comes last finishes.
  for (const { gate } of living) gate.thaw();
  await Promise.all(living.map(({ relay }) => relay.stop()));
  await world.expireLease();
  const last = world.newRelay({ pollMs: 20 });
  await last.start();
  await world.drained();
  await last.stop();
  return versions;
}

test('relays that freeze, lose their lease, die and meet', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (steps) => {
      const versions = await play(steps.flat());
      const topic = Map.groupBy(await world.raw.read(noteTopic), ({ key }) => key);
      for (const [id, version] of versions) check(topic.get(id) ?? [], version);
    }),
    { numRuns: Number(process.env['RELAY_RUNS'] ?? 20), endOnFailure: true },
  );
}, 600_000);

function check(messages: readonly RawMessage[], newest: number): void {
  const facts = messages.filter(({ value }) => value !== null).map(versionOf);
  for (let version = 1; version <= newest; version += 1) expect(facts).toContain(version);
  const last = messages.at(-1);
  expect(last && versionOf(last)).toBe(newest);
  // Where there is a tombstone, it is the last word.
  if (messages.some(({ value }) => value === null)) expect(last?.value).toBeNull();
}
