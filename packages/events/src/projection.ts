import type { KafkaMessage } from 'kafkajs';
import type { Log } from '@portal/mongo';
import { internals } from './internals.ts';
import { readEvent } from './message.ts';
import type { ReportProblem, SavedEntry, Table, Tail } from './table.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tables of any state
export type AnyTable = Table<any>;

/** What a topic holds: the first offset and the one after the last, by partition. */
export type Ends = ReadonlyMap<number, { low: bigint; high: bigint }>;
/** Offset of the next message to be applied, by partition. */
export type Offsets = ReadonlyMap<number, bigint>;

export interface SavedTopic {
  topic: string;
  offsets: Offsets;
  /** Absent for a tail. */
  entries?: readonly SavedEntry[];
}

export interface AppliedBatch {
  topic: string;
  partition: number;
  highWatermark: bigint;
  /** Offset of the last message; at least that of the last of `messages`. */
  lastOffset: bigint;
  messages: readonly Pick<KafkaMessage, 'offset' | 'key' | 'value' | 'headers'>[];
}

/**
 * Tables and tails with the offsets up to which they were applied: no Kafka, no waiting. Everything here is synchronous,
 * so entries and offsets are one consistent cut at any moment that others can look.
 */
export interface Projection {
  readonly topics: readonly string[];
  /**
   * To be called with what the topic holds whenever it was reached anew, before messages are applied: decides where to
   * go on and what is needed to be caught up. `undefined` for a topic that does not exist.
   */
  reach(topic: string, ends: Ends | undefined): void;
  offsets(topic: string): Offsets;
  /** False when the topic was made anew meanwhile: nothing was applied, and it has to be reached again. */
  apply(batch: AppliedBatch): boolean;
  /** Whether everything that the topics held when they were reached has been applied. */
  caughtUp(): boolean;
  /** Whether everything that was seen to be there has been applied. */
  current(): boolean;
  /** Undefined while a snapshot would not be whole: during a second reading, or after messages that were not understood. */
  dump(): SavedTopic[] | undefined;
  /** `trusted`: recent enough for no deletion to have been missed. */
  load(saved: readonly SavedTopic[], trusted: boolean): void;
  /** Raised with everything that was applied. */
  readonly revision: number;
}

interface Source {
  topic: string;
  table?: AnyTable;
  tail?: Tail;
  next: Map<number, bigint>;
  /** Offsets that must be reached, by partition; absent until the topic was reached. */
  target?: Map<number, bigint>;
  lagging: Set<number>;
  /** Being read from its beginning a second time. */
  rereading: boolean;
  /** It did not exist, or held less than was read of it: what is read next is another topic of that name. */
  madeAnew: boolean;
}

export function createProjection(
  tables: readonly AnyTable[],
  tails: readonly Tail[],
  report: ReportProblem,
): Projection {
  const sources = new Map<string, Source>();
  const add = (topic: string, what: { table: AnyTable } | { tail: Tail }): void => {
    if (sources.has(topic)) throw new Error(`topic ${topic} is followed twice`);
    const source = { topic, next: new Map(), lagging: new Set<number>(), rereading: false, madeAnew: false };
    sources.set(topic, { ...source, ...what });
  };
  for (const table of tables) add(table.topic, { table });
  for (const tail of tails) add(tail.topic, { tail });
  let revision = 0;
  let notUnderstood = 0;

  const sourceOf = (topic: string): Source => {
    const source = sources.get(topic);
    if (source === undefined) throw new Error(`topic ${topic} is not followed`);
    return source;
  };

  const readAgain = (source: Source): void => {
    source.next.clear();
    source.rereading = true;
    source.table?.[internals].reread();
  };

  const finishReread = (source: Source): void => {
    if (source.target?.size !== 0 || !source.rereading) return;
    source.rereading = false;
    source.table?.[internals].swap(report);
  };

  const deliver = (source: Source, message: AppliedBatch['messages'][number]): void => {
    try {
      const { event, json } = readEvent(source.topic, message);
      if (source.table?.[internals].apply(event, json, report) === false) notUnderstood += 1;
      source.tail?.onEvent(event);
    } catch (error) {
      if (source.table !== undefined) notUnderstood += 1;
      report(`a message at ${source.topic} ${message.offset} could not be handled`, error);
    }
  };

  return {
    topics: [...sources.keys()],
    reach(topic, ends) {
      const source = sourceOf(topic);
      delete source.target;
      source.lagging.clear();
      if (ends === undefined) {
        source.madeAnew = true;
        return;
      }
      // Beyond the end: less is there than was read. Before the beginning: something was cut off unread, perhaps deletions.
      const isOff = [...source.next].some(([partition, next]) => {
        const end = ends.get(partition);
        return end === undefined || next > end.high || next < end.low;
      });
      if (source.madeAnew || isOff) readAgain(source);
      source.madeAnew = false;
      const begin = source.tail !== undefined && source.next.size === 0 && !source.rereading ? 'high' : 'low';
      source.target = new Map();
      for (const [partition, end] of ends) {
        const next = source.next.get(partition) ?? end[begin];
        source.next.set(partition, next);
        // An emptied partition has low = high > 0 and never brings a message.
        if (next < end.high) source.target.set(partition, end.high);
      }
      finishReread(source);
    },
    offsets: (topic) => sourceOf(topic).next,
    apply({ topic, partition, highWatermark, lastOffset, messages }) {
      const source = sourceOf(topic);
      const next = source.next.get(partition) ?? 0n;
      if (highWatermark < next) {
        source.madeAnew = true;
        return false;
      }
      for (const message of messages) {
        if (BigInt(message.offset) >= next) deliver(source, message);
      }
      const after = lastOffset + 1n > next ? lastOffset + 1n : next;
      source.next.set(partition, after);
      if (after < highWatermark) source.lagging.add(partition);
      else source.lagging.delete(partition);
      if (after >= (source.target?.get(partition) ?? 0n)) source.target?.delete(partition);
      finishReread(source);
      revision += 1;
      return true;
    },
    caughtUp: () => sources.values().every(({ target }) => target?.size === 0),
    current: () => sources.values().every(({ target, lagging }) => target?.size === 0 && lagging.size === 0),
    dump() {
      const isWhole = ({ rereading, madeAnew, next }: Source): boolean => !rereading && !(madeAnew && next.size > 0);
      if (notUnderstood > 0 || ![...sources.values()].every(isWhole)) return undefined;
      return [...sources.values()].map(({ topic, table, next }) => ({
        topic,
        offsets: new Map(next),
        ...(table !== undefined && { entries: table[internals].dump() }),
      }));
    },
    load(saved, trusted) {
      for (const { topic, offsets, entries = [] } of saved) {
        const source = sources.get(topic);
        if (source === undefined) continue;
        const complete = source.table?.[internals].load(entries, report) ?? true;
        source.next = new Map(offsets);
        if (source.table !== undefined && !(complete && trusted)) readAgain(source);
      }
    },
    get revision() {
      return revision;
    },
  };
}

/** Problems as log lines; `count` is told of each. */
export function reportTo(log: Log, follower: string, count: () => void): ReportProblem {
  return (problem, error, event) => {
    count();
    const about = event && { eventId: event.id, key: event.key, version: event.version };
    log.error({ follower, problem, ...about, err: error }, 'following failed for a message');
  };
}
