import type { Connection, ClientSession, Model, Schema } from 'mongoose';

/** What this package needs of a logger: fields first, then a constant message. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Any schema: what `mongo.model` gives is typed by its own type argument. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- mongoose's generics are invariant, nothing narrower fits
export type AnySchema = Schema<any, any, any, any, any, any, any, any, any, any, any>;
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
export type AnyModel = Model<any>;

export interface MongoInit {
  /** mongodb:// address of a replica set. */
  url: string;
  database: string;
  /** Name of the service, as the server shows it among its clients. */
  appName: string;
  log: Log;
  /** How long `start` keeps trying before it rejects; 60,000 by default. */
  startTimeoutMs?: number;
}

export interface TransactionOptions {
  /** Ends the attempts; the transaction under way is rolled back. */
  signal?: AbortSignal;
  /** No new attempt is begun after this long; 10,000 by default. One attempt may take a few seconds longer. */
  timeoutMs?: number;
}

export interface Mongo {
  name: 'mongo';
  /** Connects, trying again for up to `startTimeoutMs`, then creates collections and indexes of all models. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Whether a primary is known. */
  ready(): boolean;
  connection: Connection;
  /**
   * The model of a collection; `T` is the stored document with `_id`. The schema or `options` must name the collection
   * (plural snake_case). Errors of its queries come out as AppErrors.
   */
  model<T>(name: string, schema: AnySchema, options?: { collection?: string }): Model<T>;
  /**
   * Runs `fn` in one transaction, majority-committed and journaled. `fn` may run several times (lost races of storage,
   * a new primary): it must write only through the session and keep no state between runs.
   * Throws what `fn` throws, `ABORTED WRITE_CONFLICT` when the conflicts did not end in time, and
   * `UNAVAILABLE STORE_UNAVAILABLE` when the store was away; with metadata `commit: unknown` the writes may be there.
   */
  transaction<T>(fn: (session: ClientSession) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Creates missing collections and indexes of all models; never drops or changes one. */
  ensureIndexes(): Promise<void>;
  /** Whether the store answers now, within two seconds. */
  ping(): Promise<boolean>;
}
