import fc from 'fast-check';
import { createTable, feedTable } from '../src/index.ts';
import type { Event, JsonObject, Table } from '../src/index.ts';
import { createProjection } from '../src/projection.ts';
import type { Ends, Projection, SavedTopic } from '../src/projection.ts';

/** What a topic says of a key: the highest version, and of one version the tombstone. */
interface Message {
  offset: bigint;
  key: string;
  version: number;
  isTombstone: boolean;
}
type Said = Pick<Message, 'key' | 'version' | 'isTombstone'>;
interface State {
  key: string;
  version: number;
}

const topic = 'test.notes.note.v1';
const partitionCount = 3;
/** States of this version need not be kept. */
const unkeptVersion = 4;

const dataOf = ({ key, version, isTombstone }: Said): JsonObject | null => (isTombstone ? null : { key, version });
const eventOf = (said: Said, id = 'e'): Event => ({
  id,
  type: 'test.notes.note.changed.v1',
  topic,
  key: said.key,
  version: said.version,
  time: new Date(0),
  actorId: 'tester',
  data: dataOf(said),
});
const newTable = (): Table<State> =>
  createTable<State>({
    topic,
    decode: ({ key, version }) => ({ key: key as string, version: version as number }),
    keep: ({ version }) => version !== unkeptVersion,
  });

const isBetter = (one: Said, other: Said | undefined): boolean =>
  other === undefined ||
  one.version > other.version ||
  (one.version === other.version && one.isTombstone && !other.isTombstone);

function bestOf(messages: Iterable<Said>): Map<string, Said> {
  const best = new Map<string, Said>();
  for (const message of messages) if (isBetter(message, best.get(message.key))) best.set(message.key, message);
  return best;
}

/** The model: what a table must hold after these messages, in whatever order they came. */
function modelOf(messages: Iterable<Said>): Map<string, State> {
  const living = [...bestOf(messages).values()].filter((said) => !said.isTombstone && said.version !== unkeptVersion);
  return new Map(living.map(({ key, version }) => [key, { key, version }]));
}

/** Keeps what the listeners of a table were told; fails when the story has a gap. */
function listenTo(table: Table<State>): Map<string, State> {
  const told = new Map<string, State>();
  table.onChange((key, next, previous) => {
    expect(told.get(key)).toEqual(previous);
    if (next === undefined) told.delete(key);
    else told.set(key, next);
  });
  return told;
}

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

type Step =
  | { do: 'produce'; said: Said }
  /** Reads on in a partition; the batch begins `back` messages early, as after a rejoining. */
  | { do: 'read'; partition: number; count: number; back: number }
  | { do: 'reconnect' }
  | { do: 'save' }
  /** The process dies; the next one boots from the last snapshot, which may be too old to be trusted. */
  | { do: 'restart'; isOld: boolean }
  /** Kafka drops what later messages have replaced. */
  | { do: 'compact' }
  /** Kafka drops deleted aggregates with their tombstones. */
  | { do: 'forget' }
  /** Another topic of the same name takes the place, holding these messages. */
  | { do: 'replace'; noticed: 'missing' | 'shorter' | 'at boot'; by: Said[] };

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

interface Log {
  messages: Message[];
  high: bigint;
}

/** A topic, and a process that follows it. */
function createStage() {
  const emptyLogs = (): Log[] => Array.from({ length: partitionCount }, () => ({ messages: [], high: 0n }));
  let logs = emptyLogs();
  let snapshot: SavedTopic[] | undefined;
  let missedDeletion = false;
  /** Ids of forgotten aggregates are not used again. */
  const forgotten = new Set<string>();
  let table = newTable();
  let told = listenTo(table);
  let projection: Projection;

  const logOf = (partition: number): Log => logs[partition] ?? { messages: [], high: 0n };
  const partitionOf = (key: string): number => key.charCodeAt(0) % partitionCount;
  const nextOf = (partition: number): bigint => projection.offsets(topic).get(partition) ?? 0n;
  const ends = (): Ends => new Map(logs.map(({ high }, partition) => [partition, { low: 0n, high }]));
  const reach = (): void => projection.reach(topic, ends());
  const isShorterThan = (offsets: ReadonlyMap<number, bigint> | undefined): boolean =>
    [...(offsets ?? [])].some(([partition, next]) => next > logOf(partition).high);

  const boot = (isTrusted: boolean): void => {
    table = newTable();
    told = listenTo(table);
    projection = createProjection([table], [], (problem, error) => {
      throw new Error(problem, { cause: error });
    });
    if (snapshot !== undefined) projection.load(structuredClone(snapshot), isTrusted);
  };

  const produce = (message: Said): void => {
    if (forgotten.has(message.key)) return;
    const log = logOf(partitionOf(message.key));
    log.messages.push({ ...message, offset: log.high });
    log.high += 1n;
  };

  const read = (partition: number, count: number, back: number): boolean => {
    const { messages, high } = logOf(partition);
    const next = nextOf(partition);
    const old = messages.filter(({ offset }) => offset < next);
    const fresh = messages.filter(({ offset }) => offset >= next).slice(0, count);
    const isLast = fresh.length < count || fresh.at(-1) === messages.at(-1);
    return projection.apply({
      topic,
      partition,
      highWatermark: high,
      // Offsets of what was dropped belong to the batch, too.
      lastOffset: isLast ? high - 1n : (fresh.at(-1)?.offset ?? 0n),
      messages: [...old.slice(old.length - Math.min(back, old.length)), ...fresh].map(toKafka),
    });
  };

  const forget = (): void => {
    for (const [key, best] of bestOf(logs.flatMap(({ messages }) => messages))) {
      const log = logOf(partitionOf(key));
      const isRead = log.messages.every((message) => message.key !== key || message.offset < nextOf(partitionOf(key)));
      if (!best.isTombstone || !isRead) continue;
      log.messages = log.messages.filter((message) => message.key !== key);
      forgotten.add(key);
      missedDeletion = true;
    }
  };

  /** The head of a log is not cleaned: what replaces a message lies where the process has been. */
  const compact = (): void => {
    logs.forEach((log, partition) => {
      const read = log.messages.filter(({ offset }) => offset < nextOf(partition));
      const isReplaced = (message: Message): boolean =>
        read.some((later) => later.offset > message.offset && later.key === message.key && !isBetter(message, later));
      log.messages = log.messages.filter((message) => !isReplaced(message));
    });
  };

  const replace = (noticed: 'missing' | 'shorter' | 'at boot', by: readonly Said[]): void => {
    logs = emptyLogs();
    forgotten.clear();
    by.forEach(produce);
    if (noticed === 'at boot' && isShorterThan(snapshot?.[0]?.offsets)) boot(true);
    else if (noticed === 'shorter' && isShorterThan(projection.offsets(topic))) {
      const partition = logs.findIndex(({ high }, index) => nextOf(index) > high);
      expect(read(partition, 1, 0)).toBe(false);
    } else projection.reach(topic, undefined);
    snapshot = undefined;
    reach();
  };

  /** Whenever it says that it is caught up, the table is what the topic says up to the offsets. */
  const check = (): void => {
    if (!projection.caughtUp()) return;
    const applied = logs.flatMap(({ messages }, index) => messages.filter(({ offset }) => offset < nextOf(index)));
    const model = modelOf(applied);
    expect(new Map(table.entries())).toEqual(model);
    expect(told).toEqual(model);
    expect(table.size).toBe(model.size);
  };

  const play = (step: Step): void => {
    if (step.do === 'produce') produce(step.said);
    else if (step.do === 'read' && nextOf(step.partition) < logOf(step.partition).high)
      read(step.partition, step.count, step.back);
    else if (step.do === 'reconnect') reach();
    else if (step.do === 'compact') compact();
    else if (step.do === 'forget') forget();
    else if (step.do === 'replace') replace(step.noticed, step.by);
    else if (step.do === 'restart') {
      boot(!step.isOld && !missedDeletion);
      reach();
    } else if (step.do === 'save') {
      const saved = projection.dump();
      if (saved === undefined) return;
      snapshot = saved;
      missedDeletion = false;
    }
  };

  boot(true);
  reach();
  return {
    play(step: Step): void {
      play(step);
      check();
    },
    /** Reads everything there is. */
    finish(): void {
      logs.forEach(({ high }, partition) => {
        while (nextOf(partition) < high) read(partition, 3, 0);
      });
      expect(projection.caughtUp() && projection.current()).toBe(true);
      check();
    },
  };
}

function toKafka(message: Message) {
  const { id, type, key, version, time, actorId, data } = eventOf(message);
  const headers = {
    ce_id: id,
    ce_type: type,
    ce_version: String(version),
    ce_time: time.toISOString(),
    ce_actor: actorId,
  };
  const value = data === null ? null : Buffer.from(JSON.stringify(data));
  return { offset: String(message.offset), key: Buffer.from(key), value, headers };
}

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

describe('a message that cannot be understood', () => {
  const decode = ({ version }: JsonObject): State => {
    if (version === 3) throw new Error('what is this?');
    return { key: 'a', version: version as number };
  };
  const follow = (saved?: SavedTopic[]) => {
    const table = createTable<State>({ topic, decode });
    const problems: string[] = [];
    const projection = createProjection([table], [], (problem) => problems.push(problem));
    if (saved !== undefined) projection.load(saved, false);
    return { table, projection, problems };
  };
  const message = (version: number) => toKafka({ offset: BigInt(version - 1), key: 'a', version, isTombstone: false });
  const batchOf = (...versions: number[]) => {
    const last = BigInt((versions.at(-1) ?? 0) - 1);
    return { topic, partition: 0, highWatermark: last + 1n, lastOffset: last, messages: versions.map(message) };
  };
  const endsAt = (high: bigint): Ends => new Map([[0, { low: 0n, high }]]);

  test('is reported; what was known stays, and no snapshot skips it', () => {
    const { table, projection, problems } = follow();
    projection.reach(topic, endsAt(3n));
    projection.apply(batchOf(1, 2, 3));
    expect(problems).toEqual(['a message could not be decoded']);
    expect(projection.caughtUp()).toBe(true);
    expect(table.get('a')).toEqual({ key: 'a', version: 2 });
    expect(projection.dump()).toBeUndefined();
  });

  test('does not bring back, in a second reading, what is older than that has read', () => {
    const before = follow();
    before.projection.reach(topic, endsAt(1n));
    before.projection.apply(batchOf(1));
    const { table, projection } = follow(before.projection.dump());
    projection.reach(topic, endsAt(3n));
    projection.apply(batchOf(1, 2, 3));
    expect(projection.caughtUp()).toBe(true);
    expect(table.get('a')).toEqual({ key: 'a', version: 2 });
  });
});

test('an emptied partition, which begins where it ends, counts as caught up', () => {
  const projection = createProjection([newTable()], [], () => undefined);
  expect(projection.caughtUp()).toBe(false);
  projection.reach(topic, new Map([[0, { low: 7n, high: 7n }]]));
  expect(projection.caughtUp()).toBe(true);
});
