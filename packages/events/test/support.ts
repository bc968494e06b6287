import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { aggregateSchema, createMongo } from '@portal/mongo';
import type { Log, Mongo } from '@portal/mongo';
import { createKafka, createRawTopics, createRelay, createStore, createTable } from '../src/index.ts';
import type { Aggregate, Change, KafkaConnection, RawTopics, Relay, RelayInit, Store, Table } from '../src/index.ts';

export const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export const randomId = (): string => randomBytes(8).toString('hex');

/** Polls until the check passes; its last error otherwise. */
export async function eventually(check: () => void | Promise<void>, limitMs = 15_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await delay(20);
  }
}

function env(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

export interface Note {
  noteId: string;
  text: string;
}

export const noteTopic = 'test.notes.note.v1';
export const noteType = 'test.notes.note.changed.v1';

/** A service of one aggregate, notes, with a database and a topic prefix of its own. */
export interface World {
  mongo: Mongo;
  kafka: KafkaConnection;
  store: Store;
  notes: Aggregate;
  raw: RawTopics;
  /** A change of a note to a text; null deletes it. */
  change(id: string, expectedVersion: number, text: string | null): Change;
  write(id: string, expectedVersion: number, text: string | null): Promise<void>;
  newRelay(init?: Partial<RelayInit>): Relay;
  newTable(): Table<Note>;
  close(): Promise<void>;
}

export interface WorldInit {
  brokers?: string[];
  partitions?: number;
  log?: Log;
}

export const brokers = (): string[] => env('KAFKA_BROKERS').split(',');

export function createWorld(init: WorldInit = {}): World {
  const { partitions = 1, log = quiet } = init;
  const topicPrefix = `events-${randomId()}.`;
  const mongo = createMongo({ url: env('MONGO_URL'), database: `events_${randomId()}`, appName: 'test', log });
  const kafka = createKafka({ brokers: init.brokers ?? brokers(), clientId: 'test', topicPrefix, partitions, log });
  const schema = aggregateSchema('notes', { text: { type: String, required: true } });
  const notes: Aggregate = { name: 'note', topic: noteTopic, model: mongo.model('Note', schema) };
  const store = createStore({ mongo, clock: { now: () => new Date() }, newId: randomId });
  const raw = createRawTopics({ brokers: init.brokers ?? brokers(), topicPrefix });
  const relays: Relay[] = [];

  const world: World = {
    mongo,
    kafka,
    store,
    notes,
    raw,
    change: (id, expectedVersion, text) => ({
      aggregate: notes,
      id,
      expectedVersion,
      next: text === null ? null : { text },
      facts: [{ type: noteType, data: { noteId: id, text }, ...(text === null && { tombstone: true }) }],
    }),
    write: (id, expectedVersion, text) =>
      store.commit([world.change(id, expectedVersion, text)], { actorId: 'tester' }),
    newRelay(relayInit = {}) {
      const relay = createRelay({ mongo, kafka, service: 'notes', log, ...relayInit });
      relays.push(relay);
      return relay;
    },
    newTable: () => createTable<Note>({ topic: noteTopic, decode: (data) => data as unknown as Note }),
    async close() {
      await Promise.all(relays.map((relay) => relay.stop()));
      await kafka.stop();
      await raw.close();
      if (mongo.ready()) await mongo.connection.dropDatabase();
      await mongo.stop();
    },
  };
  return world;
}
