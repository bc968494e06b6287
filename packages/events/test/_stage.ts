import { createTable } from '../src/index.ts';
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
export type Said = Pick<Message, 'key' | 'version' | 'isTombstone'>;
export interface State {
  key: string;
  version: number;
}

export const topic = 'test.notes.note.v1';
export const partitionCount = 3;
export const partitionOf = (key: string): number => key.charCodeAt(0) % partitionCount;
/** States of this version need not be kept. */
const unkeptVersion = 4;

const dataOf = ({ key, version, isTombstone }: Said): JsonObject | null => (isTombstone ? null : { key, version });
export const eventOf = (said: Said, id = 'e'): Event => ({
  id,
  type: 'test.notes.note.changed.v1',
  topic,
  key: said.key,
  version: said.version,
  time: new Date(0),
  actorId: 'tester',
  data: dataOf(said),
});
export const newTable = (): Table<State> =>
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
export function modelOf(messages: Iterable<Said>): Map<string, State> {
  const living = [...bestOf(messages).values()].filter((said) => !said.isTombstone && said.version !== unkeptVersion);
  return new Map(living.map(({ key, version }) => [key, { key, version }]));
}

/** Keeps what the listeners of a table were told; fails when the story has a gap. */
export function listenTo(table: Table<State>): Map<string, State> {
  const told = new Map<string, State>();
  table.onChange((key, next, previous) => {
    expect(told.get(key)).toEqual(previous);
    if (next === undefined) told.delete(key);
    else told.set(key, next);
  });
  return told;
}

export type Step =
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

interface Log {
  messages: Message[];
  high: bigint;
}

/** A topic, and a process that follows it. */
export function createStage() {
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

export function toKafka(message: Message) {
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
