import { internals } from './internals.ts';
import type { Event, JsonObject } from './types.ts';

export interface TableInit<S> {
  /** Without prefix. */
  topic: string;
  /** Makes the kept state of an event's data. What it throws is logged, and the message is passed over. */
  decode: (data: JsonObject) => S;
  /** False for states that need not be kept: they count as removed. */
  keep?: (state: S) => boolean;
}

/** Called when an entry changed; `event` is absent where no event came: a loaded snapshot, a topic begun anew. */
export type OnChange<S> = (key: string, next: S | undefined, previous: S | undefined, event?: Event) => void;

/** The latest state of every aggregate of a topic, in memory. */
export interface Table<S> {
  readonly topic: string;
  get(key: string): S | undefined;
  readonly size: number;
  entries(): IterableIterator<[string, S]>;
  values(): IterableIterator<S>;
  /**
   * Calls `listener` at every change, synchronously, from then on; entries of a snapshot are changes, too. What it throws
   * is logged. The result ends that.
   */
  onChange(listener: OnChange<S>): () => void;
  readonly [internals]: TableInternals;
}

/** Key, version, and the data as JSON; null where only the version is remembered. */
export type SavedEntry = [key: string, version: number, json: string | null];
export type ReportProblem = (problem: string, error: unknown, event?: Pick<Event, 'id' | 'key' | 'version'>) => void;

export interface TableInternals {
  /** False when the data could not be decoded. */
  apply(event: Event, json: string | null, report: ReportProblem): boolean;
  /**
   * The topic is read from its beginning again, because what is known may hold what was deleted unseen. Readers see the
   * old entries until `swap`: on its way through a topic the second reading meets states that were replaced long ago.
   */
  reread(): void;
  /** The second reading is complete: its entries are the table. */
  swap(report: ReportProblem): void;
  dump(): SavedEntry[];
  /** False when an entry could not be decoded: the topic then has to be read from its beginning. */
  load(saved: readonly SavedEntry[], report: ReportProblem): boolean;
}

interface Entry<S> {
  version: number;
  /** Absent for what was removed: its version is remembered, or an older message that comes late would bring it back. */
  kept?: { state: S; json: string };
}

/**
 * Of the messages of a key the one with the highest version counts, in whatever order and however often they come. A
 * tombstone counts against a state of the same version, the final fact before it.
 */
export function createTable<S>({ topic, decode, keep = () => true }: TableInit<S>): Table<S> {
  let entries = new Map<string, Entry<S>>();
  /** Of a second reading, which goes on beside. */
  let reread: Map<string, Entry<S>> | undefined;
  const listeners = new Set<OnChange<S>>();
  let size = 0;

  const notify = (
    key: string,
    next: Entry<S>['kept'],
    previous: Entry<S>['kept'],
    report: ReportProblem,
    event?: Event,
  ): void => {
    size += Number(next !== undefined) - Number(previous !== undefined);
    if (next === undefined && previous === undefined) return;
    for (const listener of listeners) {
      try {
        listener(key, next?.state, previous?.state, event);
      } catch (error) {
        report('a listener failed', error, event);
      }
    }
  };

  const put = (key: string, entry: Entry<S>, report: ReportProblem, event?: Event): void => {
    const previous = entries.get(key)?.kept;
    entries.set(key, entry);
    notify(key, entry.kept, previous, report, event);
  };

  /** Throws what `decode` throws. */
  const entryOf = (version: number, data: JsonObject | null, json: string | null): Entry<S> => {
    if (data === null || json === null) return { version };
    const state = decode(data);
    return keep(state) ? { version, kept: { state, json } } : { version };
  };

  const isNews = (known: Entry<S> | undefined, { version, data }: Event): boolean =>
    known === undefined ||
    version > known.version ||
    (version === known.version && data === null && known.kept !== undefined);

  function* keptEntries(): Generator<[string, S]> {
    for (const [key, { kept }] of entries) if (kept !== undefined) yield [key, kept.state];
  }
  function* keptStates(): Generator<S> {
    for (const [, state] of keptEntries()) yield state;
  }

  return {
    topic,
    get: (key) => entries.get(key)?.kept?.state,
    get size() {
      return size;
    },
    entries: keptEntries,
    values: keptStates,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    [internals]: {
      apply(event, json, report) {
        const { key, version, data } = event;
        if (!isNews((reread ?? entries).get(key), event)) return true;
        try {
          const entry = entryOf(version, data, json);
          if (reread === undefined) put(key, entry, report, event);
          else reread.set(key, entry);
          return true;
        } catch (error) {
          report('a message could not be decoded', error, event);
          // What was known stays, unless the second reading has met something newer.
          const known = entries.get(key);
          if (known !== undefined && known.version > (reread?.get(key)?.version ?? 0)) reread?.set(key, known);
          return false;
        }
      },
      reread() {
        reread = new Map();
      },
      swap(report) {
        if (reread === undefined) return;
        const before = entries;
        entries = reread;
        reread = undefined;
        for (const [key, { kept }] of entries) {
          const previous = before.get(key)?.kept;
          if (kept?.json !== previous?.json) notify(key, kept, previous, report);
        }
        for (const [key, { kept }] of before) if (!entries.has(key)) notify(key, undefined, kept, report);
      },
      dump: () => [...entries].map(([key, { version, kept }]) => [key, version, kept?.json ?? null]),
      load(saved, report) {
        let complete = true;
        for (const [key, version, json] of saved) {
          try {
            const data = json === null ? null : (JSON.parse(json) as JsonObject);
            put(key, entryOf(version, data, json), report);
          } catch (error) {
            complete = false;
            report('an entry of the snapshot could not be decoded', error, { id: '', key, version });
          }
        }
        return complete;
      },
    },
  };
}

/** Applies an event as a follower would: for tests of what is built on tables. Throws where a follower would log. */
export function feedTable<S>(table: Table<S>, event: Event): void {
  const json = event.data === null ? null : JSON.stringify(event.data);
  table[internals].apply(event, json, (_problem, error) => {
    throw error;
  });
}

export interface TailInit {
  /** Without prefix. */
  topic: string;
  /** What it throws is logged. */
  onEvent: (event: Event) => void;
}

/** Sees every event of a topic from the snapshot on, or from the end where there is none; keeps no state. */
export interface Tail {
  readonly topic: string;
  readonly onEvent: (event: Event) => void;
}

export function createTail({ topic, onEvent }: TailInit): Tail {
  return { topic, onEvent };
}
