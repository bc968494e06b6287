import type { Event, JsonObject } from './types.ts';

export interface TableInit<S> {
  /** Without prefix. */
  topic: string;
  /** Makes the kept state of an event's data. What it throws is logged; the message is skipped. */
  decode: (data: JsonObject) => S;
  /** False for states that need not be kept: they count as removed. */
  keep?: (state: S) => boolean;
}

/** Called when an entry changed; `event` is absent where an entry went away without one (a topic begun anew). */
export type OnChange<S> = (key: string, next: S | undefined, previous: S | undefined, event?: Event) => void;

/** The latest state of every aggregate of a topic, in memory. */
export interface Table<S> {
  topic: string;
  get(key: string): S | undefined;
  readonly size: number;
  entries(): IterableIterator<[string, S]>;
  values(): IterableIterator<S>;
  /** Calls `listener` at every change, synchronously; what it throws is logged. The result ends that. */
  onChange(listener: OnChange<S>): () => void;
}

export function createTable<S>(_init: TableInit<S>): Table<S> {
  throw new Error('not built yet');
}

/** Applies an event as a follower would: for tests of what is built on tables. */
export function feedTable<S>(_table: Table<S>, _event: Event): void {
  throw new Error('not built yet');
}

export interface TailInit {
  topic: string;
  /** What it throws is logged. */
  onEvent: (event: Event) => void;
}

/** Sees every event of a topic from the snapshot on, or from the end where there is none; keeps no state. */
export interface Tail {
  topic: string;
  onEvent: (event: Event) => void;
}

export function createTail(init: TailInit): Tail {
  return init;
}
