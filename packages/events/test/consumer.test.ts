import { onCleanup } from '@portal/testkit';
import { createConsumer } from '../src/index.ts';
import type { Consumer, ConsumerInit, Event } from '../src/index.ts';
import { internals } from '../src/internals.ts';
import { createWorld, holds, noteType, randomId } from './_world.ts';

const world = createWorld(import.meta.url, { partitions: 4 });
const { kafka, mongo, raw } = world;
const ignore = (): void => undefined;
const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** What the consumers of these tests do with an event: a row, written in the transaction. */
interface Effect {
  eventId: string;
  by: string;
}
const effects = () => mongo.connection.collection<Effect>('effects');
const effectsOf = (eventId: string): Promise<number> => effects().countDocuments({ eventId });
const effect: (by: string) => ConsumerInit['handle'] =
  (by) =>
  async ({ id }, { session }) => {
    await effects().insertOne({ eventId: id, by }, { session });
  };

beforeAll(async () => {
  await mongo.start();
  await mongo.connection.createCollection('effects');
});

const event = (topic: string, key = randomId(), version = 1): Event => ({
  id: randomId(),
  type: noteType,
  topic,
  key,
  version,
  time: new Date(),
  actorId: 'tester',
  data: { noteId: key, text: 'chữ' },
});
const publish = (...events: Event[]): Promise<void> => raw.publish('notes', events);

async function newTopic(): Promise<string> {
  const topic = `test.notes.${randomId()}.v1`;
  await kafka.ensureTopics([{ name: topic, compacted: true }]);
  return topic;
}

async function start(init: Pick<ConsumerInit, 'group' | 'topics'> & Partial<ConsumerInit>): Promise<Consumer> {
  const consumer = createConsumer({ kafka, mongo, handle: effect(init.group), log: quiet, ...init });
  onCleanup(() => consumer.stop());
  await consumer.start();
  return consumer;
}

test('an event that is delivered again has its effect once', async () => {
  const topic = await newTopic();
  const called: string[] = [];
  const write = effect('once');
  const handle: ConsumerInit['handle'] = (each, context) => {
    called.push(each.id);
    return write(each, context);
  };
  const twice = event(topic, 'a');
  const last = event(topic, 'a', 2);
  await publish(twice, twice);
  await publish(twice, last);
  await start({ group: 'once', topics: [topic], handle });
  await holds(async () => expect(await effectsOf(last.id)).toBe(1));
  expect(await effectsOf(twice.id)).toBe(1);
  expect(called).toEqual([twice.id, last.id]);
});

test('two groups have an effect each', async () => {
  const topic = await newTopic();
  const one = event(topic);
  await publish(one);
  await start({ group: 'first', topics: [topic] });
  await start({ group: 'second', topics: [topic] });
  await holds(async () => expect(await effectsOf(one.id)).toBe(2));
});

test('an effect that fails leaves nothing, is tried again, and then the others come', async () => {
  const topic = await newTopic();
  const [failing, next] = [event(topic, 'a'), event(topic, 'a', 2)];
  const others = Array.from({ length: 8 }, () => event(topic));
  const order: string[] = [];
  const errors: object[] = [];
  const write = effect('retry');
  const handle: ConsumerInit['handle'] = async (each, context) => {
    order.push(each.id);
    await write(each, context);
    if (each.id === failing.id && order.filter((id) => id === each.id).length < 3) throw new Error('not yet');
  };
  await publish(failing, next, ...others);
  const log = { ...quiet, error: (fields: object) => errors.push(fields) };
  await start({ group: 'retry', topics: [topic], handle, log });
  await holds(async () => {
    for (const { id } of [failing, next, ...others]) expect(await effectsOf(id)).toBe(1);
  });
  expect(order.filter((id) => id === failing.id)).toHaveLength(3);
  // Of one aggregate nothing overtakes.
  expect(order.lastIndexOf(failing.id)).toBeLessThan(order.indexOf(next.id));
  expect(errors).toHaveLength(2);
  expect(errors[0]).toMatchObject({ group: 'retry', eventId: failing.id, key: 'a', version: 1 });
});

test('a consumer that is stopped while an effect keeps failing leaves the event to the next', async () => {
  const topic = await newTopic();
  const [done, failing] = [event(topic, 'a'), event(topic, 'a', 2)];
  let attempts = 0;
  const write = effect('handover');
  const handle: ConsumerInit['handle'] = async (each, context) => {
    await write(each, context);
    if (each.id !== failing.id) return;
    attempts += 1;
    throw new Error('never');
  };
  await publish(done, failing);
  const first = await start({ group: 'handover', topics: [topic], handle });
  await holds(() => expect(attempts).toBeGreaterThan(1));
  await first.stop();
  expect(await effectsOf(failing.id)).toBe(0);
  await start({ group: 'handover', topics: [topic] });
  await holds(async () => expect(await effectsOf(failing.id)).toBe(1));
  expect(await effectsOf(done.id)).toBe(1);
});

test('a crash between effect and commit of the offset repeats nothing', async () => {
  const topic = await newTopic();
  const before = Array.from({ length: 8 }, () => event(topic));
  await publish(...before);
  const first = await start({ group: 'crash', topics: [topic] });
  await holds(async () => {
    for (const { id } of before) expect(await effectsOf(id)).toBe(1);
  });
  await first.stop();
  // Without its offsets: as if the process had died before it committed.
  await kafka[internals].withAdmin((admin) => admin.deleteGroups([kafka.topic('crash')]));
  const called: string[] = [];
  const write = effect('crash');
  const handle: ConsumerInit['handle'] = (each, context) => {
    called.push(each.id);
    return write(each, context);
  };
  // One for every aggregate, so behind each of the first in its partition.
  const after = before.map(({ key }) => event(topic, key, 2));
  await publish(...after);
  await start({ group: 'crash', topics: [topic], handle });
  await holds(async () => {
    for (const { id } of after) expect(await effectsOf(id)).toBe(1);
  });
  for (const { id } of before) expect(await effectsOf(id)).toBe(1);
  expect(called.toSorted()).toEqual(after.map(({ id }) => id).toSorted());
});

test('a message that is no event is passed over with a log line', async () => {
  const topic = await newTopic();
  const client = kafka[internals].newClient();
  const producer = client.kafka.producer();
  await producer.connect();
  await producer.send({ topic: kafka.topic(topic), messages: [{ key: 'a', value: 'what is this?' }] });
  await producer.disconnect();
  client.destroy();
  const next = event(topic, 'a');
  await publish(next);
  const lines: unknown[] = [];
  const log = { ...quiet, error: (fields: object, message: string) => lines.push([message, fields]) };
  await start({ group: 'unreadable', topics: [topic], log });
  await holds(async () => expect(await effectsOf(next.id)).toBe(1));
  expect(lines).toEqual([
    ['a message is no event, passed over', expect.objectContaining({ group: 'unreadable', topic, offset: '0' })],
  ]);
});

test('two consumers of one group share the work', async () => {
  const topic = await newTopic();
  const published: string[] = [];
  const publishSome = async (): Promise<void> => {
    const some = Array.from({ length: 8 }, () => event(topic));
    await publish(...some);
    published.push(...some.map(({ id }) => id));
  };
  await start({ group: 'shared', topics: [topic], handle: effect('one') });
  await publishSome();
  await holds(async () => expect(await effects().countDocuments({ by: 'one' })).toBe(8));
  await start({ group: 'shared', topics: [topic], handle: effect('two') });
  const countOf = (by: string) => effects().countDocuments({ by });
  await holds(async () => {
    await publishSome();
    expect(await countOf('two')).toBeGreaterThan(0);
  }, 25_000);
  const oneBefore = await countOf('one');
  await publishSome();
  await holds(async () => expect(await countOf('one')).toBeGreaterThan(oneBefore));
  await holds(async () => {
    for (const id of published) expect(await effectsOf(id)).toBe(1);
  });
});
