import type { AnyModel } from '@portal/mongo';

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

export interface Clock {
  now(): Date;
}

/** What this package needs of a metrics registry; labels are bounded words, never ids. */
export interface MetricsRegistry {
  counter(
    name: string,
    help: string,
    labels?: readonly string[],
  ): { inc(labels: Record<string, string>, value?: number): void };
  gauge(
    name: string,
    help: string,
    labels?: readonly string[],
  ): { set(labels: Record<string, string>, value: number): void };
}

/** What happened to an aggregate, with its whole new state. */
export interface Fact {
  /** `portal.content.post.published.v1`. */
  type: string;
  /** The event message as JSON. */
  data: JsonObject;
  /** The last fact of a deleted aggregate: a tombstone follows it. */
  tombstone?: boolean;
}

/** A kind of document that is written as a whole and has a version. */
export interface Aggregate {
  name: string;
  /** State topic without prefix; empty for an aggregate that nobody follows. */
  topic: string;
  model: AnyModel;
}

export interface Change {
  aggregate: Aggregate;
  id: string;
  /** 0 when the aggregate must not exist yet. */
  expectedVersion: number;
  /** The whole new document without `_id`, `version` and `schemaVersion`; null deletes it. */
  next: Record<string, unknown> | null;
  /** Shape of `next`; 1 by default. */
  schemaVersion?: number;
  facts: readonly Fact[];
}

/** Who caused a change. */
export interface By {
  actorId: string;
  requestId?: string;
}

/** A message of a state topic as readers see it. */
export interface Event {
  /** Unique; the same event may be delivered several times. */
  id: string;
  type: string;
  /** Without prefix. */
  topic: string;
  /** Id of the aggregate. */
  key: string;
  /** Version of the aggregate; state of a lower version is older. */
  version: number;
  time: Date;
  actorId: string;
  /** Null for a tombstone. */
  data: JsonObject | null;
}
