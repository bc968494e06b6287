import net from 'node:net';
import { endpoints, onCleanup, silentLogger } from '@portal/testkit';
import { createKafka, createTable, createTail } from '../src/index.ts';
import type { Event, Table } from '../src/index.ts';
import { internals } from '../src/internals.ts';
import { createWorld, holds, noteType, randomId } from './_world.ts';
import type { Note } from './_world.ts';

const world = createWorld(import.meta.url, { partitions: 3 });
const { kafka, raw } = world;
beforeAll(() => world.mongo.start());

const ignore = (): void => undefined;
const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore };

const newTopic = (): string => `test.notes.${randomId()}.v1`;
const create = (topic: string) => kafka.ensureTopics([{ name: topic, compacted: true }]);
const tableOf = (topic: string): Table<Note> => createTable({ topic, decode: (data) => data as unknown as Note });
const textsIn = (table: Table<Note>): Record<string, string> =>
  Object.fromEntries([...table.entries()].map(([key, { text }]) => [key, text]));

/** State of a note, or its tombstone. */
const note = (topic: string, key: string, version: number, text: string | null): Event => ({
  id: randomId(),
  type: noteType,
  topic,
  key,
  version,
  time: new Date(),
  actorId: 'tester',
  data: text === null ? null : { noteId: key, text },
});
const publish = (...events: Event[]): Promise<void> => raw.publish('notes', events);

/** A follower that has caught up with the topic and was stopped; its snapshot is what was there. */
async function followOnce(name: string, topic: string): Promise<void> {
  const follower = world.newFollower({ name, tables: [tableOf(topic)] });
  await follower.start();
  await follower.caughtUp();
  await follower.stop();
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/** From now on whoever connects to the port reaches Kafka. */
async function openWayToKafka(port: number): Promise<void> {
  const [host = '', brokerPort] = (endpoints().kafkaBrokers[0] ?? '').split(':');
  const server = net.createServer((socket) => {
    const broker = net.connect(Number(brokerPort), host);
    for (const end of [socket, broker]) end.on('error', () => [socket, broker].forEach((each) => each.destroy()));
    socket.pipe(broker).pipe(socket);
  });
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  onCleanup(() => server.close());
}

test('keeps what the topic says, over several partitions, whatever order versions come in', async () => {
  const topic = newTopic();
  await create(topic);
  const keys = Array.from({ length: 20 }, randomId);
  await publish(...keys.flatMap((key) => [note(topic, key, 2, 'hai'), note(topic, key, 1, 'một')]));
  const [gone = '', ...kept] = keys;
  await publish(note(topic, gone, 2, null), note(topic, gone, 2, 'hai'));
  const table = tableOf(topic);
  const follower = world.newFollower({ name: 'order', tables: [table] });
  await follower.start();
  await follower.caughtUp();
  expect(textsIn(table)).toEqual(Object.fromEntries(kept.map((key) => [key, 'hai'])));
});

test('started anew it has its snapshot at once, and goes on from its offsets', async () => {
  const [topic, tailed] = [newTopic(), newTopic()];
  await Promise.all([create(topic), create(tailed)]);
  const seen: string[] = [];
  const start = async (): Promise<[Table<Note>, () => Promise<void>]> => {
    const table = tableOf(topic);
    const tail = createTail({ topic: tailed, onEvent: ({ key }) => seen.push(key) });
    const follower = world.newFollower({ name: 'again', tables: [table], tails: [tail] });
    await follower.start();
    return [table, async () => (await follower.caughtUp(), follower.stop())];
  };
  await publish(note(topic, 'a', 1, 'một'), note(tailed, 'before', 1, ''));
  const [, stop] = await start();
  await stop();
  await publish(note(topic, 'a', 2, 'hai'), note(topic, 'b', 1, 'ba'), note(tailed, 'while it was away', 1, ''));
  const [table, stopAgain] = await start();
  expect(textsIn(table)).toEqual({ a: 'một' });
  await holds(() => expect(textsIn(table)).toEqual({ a: 'hai', b: 'ba' }));
  await stopAgain();
  expect(seen).toEqual(['while it was away']);
});

test('serves its snapshot while Kafka cannot be reached, and goes on once it can', async () => {
  const topic = newTopic();
  await create(topic);
  await publish(note(topic, 'a', 1, 'một'));
  await followOnce('alone', topic);
  await publish(note(topic, 'a', 2, 'hai'));
  const port = await freePort();
  const brokers = [`127.0.0.1:${port}`];
  const away = createKafka({ brokers, clientId: 'test', topicPrefix: kafka.topic(''), log: silentLogger });
  const table = tableOf(topic);
  const follower = world.newFollower({ name: 'alone', tables: [table], kafka: away });
  await follower.start();
  expect(textsIn(table)).toEqual({ a: 'một' });
  await holds(() => expect(follower.ready()).toBe(true));
  expect(textsIn(table)).toEqual({ a: 'một' });
  expect(follower.stalenessMs()).toBeLessThan(60_000);
  await openWayToKafka(port);
  await holds(() => expect(textsIn(table)).toEqual({ a: 'hai' }));
  await follower.caughtUp();
});

test('without a snapshot and without Kafka it is not ready', async () => {
  const brokers = [`127.0.0.1:${await freePort()}`];
  const problems: string[] = [];
  const log = { ...quiet, warn: (_fields: object, message: string) => problems.push(message) };
  const away = createKafka({ brokers, clientId: 'test', topicPrefix: kafka.topic(''), log });
  const follower = world.newFollower({ name: 'nothing', tables: [tableOf(newTopic())], kafka: away, log });
  await follower.start();
  await holds(() => expect(problems).toContain('following was interrupted, trying again'));
  expect(follower.ready()).toBe(false);
  expect(follower.stalenessMs()).toBe(Infinity);
});

test('an empty topic counts as caught up', async () => {
  const topic = newTopic();
  await create(topic);
  const table = tableOf(topic);
  const follower = world.newFollower({ name: 'empty', tables: [table] });
  await follower.start();
  await follower.caughtUp();
  expect(follower.ready()).toBe(true);
  expect(table.size).toBe(0);
});

test('a topic that appears later is followed then; the others meanwhile', async () => {
  const [there, later] = [newTopic(), newTopic()];
  const tables = [tableOf(there), tableOf(later)] as const;
  await create(there);
  await publish(note(there, 'a', 1, 'một'));
  const follower = world.newFollower({ name: 'later', tables });
  await follower.start();
  await holds(() => expect(textsIn(tables[0])).toEqual({ a: 'một' }));
  expect(follower.ready()).toBe(false);
  await create(later);
  await publish(note(later, 'b', 1, 'hai'), note(there, 'a', 2, 'ba'));
  await holds(() => expect(tables.map(textsIn)).toEqual([{ a: 'ba' }, { b: 'hai' }]));
  await follower.caughtUp();
});

describe('a topic that was deleted and made anew is read anew, and what is not in it vanishes', () => {
  const setUp = async (): Promise<string> => {
    const topic = newTopic();
    await create(topic);
    await publish(note(topic, 'a', 3, 'cũ'), note(topic, 'a', 4, 'cũ'), note(topic, 'b', 1, 'cũ'));
    return topic;
  };
  const replace = async (topic: string): Promise<void> => {
    await kafka[internals].withAdmin((admin) => admin.deleteTopics({ topics: [kafka.topic(topic)] }));
    await holds(() => create(topic));
    // A version below the one that the old topic told of.
    await publish(note(topic, 'a', 1, 'mới'));
  };

  test('while it is followed', async () => {
    const topic = await setUp();
    const table = tableOf(topic);
    const follower = world.newFollower({ name: 'replaced', tables: [table] });
    await follower.start();
    await follower.caughtUp();
    expect(textsIn(table)).toEqual({ a: 'cũ', b: 'cũ' });
    await replace(topic);
    await holds(() => expect(textsIn(table)).toEqual({ a: 'mới' }), 30_000);
    await publish(note(topic, 'c', 1, 'mới'));
    await holds(() => expect(textsIn(table)).toEqual({ a: 'mới', c: 'mới' }));
  });

  test('while nobody followed it: old entries are served until it has been read', async () => {
    const topic = await setUp();
    await followOnce('replaced-meanwhile', topic);
    await replace(topic);
    const table = tableOf(topic);
    const follower = world.newFollower({ name: 'replaced-meanwhile', tables: [table] });
    await follower.start();
    expect(textsIn(table)).toEqual({ a: 'cũ', b: 'cũ' });
    await follower.caughtUp();
    expect(textsIn(table)).toEqual({ a: 'mới' });
  });
});

test('listeners that throw stop neither other listeners nor the following', async () => {
  const topic = newTopic();
  await create(topic);
  const table = tableOf(topic);
  const told: string[] = [];
  table.onChange(() => {
    throw new Error('this listener is broken');
  });
  table.onChange((key, next) => told.push(`${key} ${next?.text ?? 'gone'}`));
  const problems: object[] = [];
  const log = { ...quiet, error: (fields: object) => problems.push(fields) };
  const follower = world.newFollower({ name: 'listeners', tables: [table], log });
  await follower.start();
  await publish(note(topic, 'a', 1, 'một'), note(topic, 'a', 2, 'hai'), note(topic, 'a', 2, null));
  await holds(() => expect(told).toEqual(['a một', 'a hai', 'a gone']));
  expect(problems).toHaveLength(3);
  expect(problems[0]).toMatchObject({ follower: 'listeners', problem: 'a listener failed', key: 'a', version: 1 });
});

test('a message that cannot be understood is logged and passed over', async () => {
  const topic = newTopic();
  const problems: object[] = [];
  const log = { ...quiet, error: (fields: object) => problems.push(fields) };
  await create(topic);
  await publish(note(topic, 'a', 1, 'một'), note(topic, 'a', 0, 'không'), note(topic, 'a', 2, 'hai'));
  const table = tableOf(topic);
  const follower = world.newFollower({ name: 'unreadable', tables: [table], log });
  await follower.start();
  await follower.caughtUp();
  expect(textsIn(table)).toEqual({ a: 'hai' });
  expect(problems).toHaveLength(1);
});
