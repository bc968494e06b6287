import { randomBytes } from 'node:crypto';
import { aggregateSchema, createMongo } from '@portal/mongo';
import type { Model, Mongo } from '@portal/mongo';
import { endpoints, eventually, onCleanup, silentLogger, testNames } from '@portal/testkit';
import { createFollower, createKafka, createRawTopics, createRelay, createStore, createTable } from '../src/index.ts';
import type {
  Aggregate,
  Change,
  Follower,
  FollowerInit,
  KafkaConnection,
  RawMessage,
  RawTopics,
  Relay,
  RelayInit,
  Store,
  Table,
} from '../src/index.ts';

/** Resolves once the expectations in `check` hold. */
export async function holds(check: () => unknown, timeoutMs = 15_000): Promise<void> {
  await eventually(
    async () => {
      await check();
      return true;
    },
    { timeoutMs },
  );
}

export const randomId = (): string => randomBytes(8).toString('hex');

export interface NoteDocument {
  _id: string;
  text: string;
  version: number;
  schemaVersion: number;
}

/** Notes as their topic tells of them. */
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
  model: Model<NoteDocument>;
  raw: RawTopics;
  /** A change of a note to a text; null deletes it. */
  change(id: string, expectedVersion: number, text: string | null): Change;
  write(id: string, expectedVersion: number, text: string | null): Promise<void>;
  /** A relay that gives its lease back sooner than a real one; stopped after the tests. */
  newRelay(init?: Partial<RelayInit>): Relay;
  newTable(): Table<Note>;
  newFollower(init: Pick<FollowerInit, 'name' | 'tables'> & Partial<FollowerInit>): Follower;
  /** Versions of a note in the order of the topic. */
  published(id: string): Promise<RawMessage[]>;
  unsent(): Promise<number>;
  /** Resolves when everything written was published. */
  drained(): Promise<void>;
  /** As if the lease had run out while its owner was frozen. */
  expireLease(): Promise<void>;
  createTopic(): Promise<void>;
}

export interface WorldInit {
  mongoUrl?: string;
  brokers?: string[];
  partitions?: number;
}

/** With the time-outs of tests: a send settles within 2.6 s, so a lease of 5 s outlasts it. */
export const testTimeouts = {
  lease: { ttlMs: 5_000 },
  timeouts: { connectionMs: 500, requestMs: 1_000, retries: 1, backOffMs: 100 },
};

/** To be called while the test file is read; everything is taken down after its last test. */
export function createWorld(url: string, init: WorldInit = {}): World {
  const log = silentLogger;
  const { database, topicPrefix } = testNames(url);
  const { mongoUrl = endpoints().mongoUrl, brokers = endpoints().kafkaBrokers, partitions = 1 } = init;
  const mongo = createMongo({ url: mongoUrl, database, appName: 'test', log });
  const kafka = createKafka({ brokers, clientId: 'test', topicPrefix, partitions, log });
  const schema = aggregateSchema('notes', { text: { type: String, required: true } });
  const model = mongo.model<NoteDocument>('Note', schema);
  const notes: Aggregate = { name: 'note', topic: noteTopic, model };
  const store = createStore({ mongo, clock: { now: () => new Date() }, newId: randomId });
  const raw = createRawTopics({ brokers, topicPrefix });
  const running: { stop(): Promise<void> }[] = [];

  onCleanup(async () => {
    await Promise.all(running.map((component) => component.stop()));
    await kafka.stop();
    await raw.close();
    if (mongo.ready()) await mongo.connection.dropDatabase();
    await mongo.stop();
  });

  const world: World = {
    mongo,
    kafka,
    store,
    notes,
    model,
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
      const relay = createRelay({ mongo, kafka, service: 'notes', log, ...testTimeouts, ...relayInit });
      running.push(relay);
      return relay;
    },
    newTable: () => createTable<Note>({ topic: noteTopic, decode: (data) => data as unknown as Note }),
    newFollower(followerInit) {
      const follower = createFollower({ mongo, kafka, service: 'notes', log, ...followerInit });
      running.push(follower);
      return follower;
    },
    async published(id) {
      return (await raw.read(noteTopic)).filter(({ key }) => key === id);
    },
    unsent: () => mongo.connection.collection('outbox').countDocuments({ sentAt: null }),
    async drained() {
      await holds(async () => expect(await world.unsent()).toBe(0), 20_000);
    },
    async expireLease() {
      await mongo.connection
        .collection('leases')
        .updateOne({ _id: 'relay' as never }, { $set: { until: new Date(0) } });
    },
    async createTopic() {
      await kafka.ensureTopics([{ name: noteTopic, compacted: true }]);
    },
  };
  return world;
}

export const versionOf = ({ headers }: RawMessage): number => Number(headers['ce_version']);
