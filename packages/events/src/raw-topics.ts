import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import type { Consumer, Producer } from 'kafkajs';
import { toMessage } from './message.ts';
import type { Event } from './types.ts';

/** A message as it lies in a topic. */
export interface RawMessage {
  key: string;
  /** Null for a tombstone. */
  value: string | null;
  headers: Record<string, string>;
  partition: number;
  offset: string;
}

/** Looks into topics and writes into them, past the outbox: for tests and for tools, never for a service. */
export interface RawTopics {
  /** Creates the topics that are missing, compacted and with one partition. */
  create(topics: readonly string[]): Promise<void>;
  /** Writes events as the relay of `service` would, creating the topic with one partition where it is missing. */
  publish(service: string, events: readonly Event[]): Promise<void>;
  /** Everything the topic holds now, by partition and offset; empty where there is no such topic. */
  read(topic: string): Promise<RawMessage[]>;
  close(): Promise<void>;
}

export function createRawTopics(init: { brokers: readonly string[]; topicPrefix?: string }): RawTopics {
  const { brokers, topicPrefix = '' } = init;
  const kafka = new Kafka({ clientId: 'raw-topics', brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  let producer: Promise<Producer> | undefined;
  let connected: Promise<void> | undefined;
  const connect = (): Promise<void> => (connected ??= admin.connect());

  const create = async (names: readonly string[]): Promise<void> => {
    await connect();
    await admin.createTopics({ topics: names.map(compactedTopic), waitForLeaders: true });
  };

  return {
    create: (topics) => create(topics.map((topic) => topicPrefix + topic)),
    async publish(service, events) {
      const topics = [...new Set(events.map((event) => topicPrefix + event.topic))];
      await create(topics);
      producer ??= connectProducer(kafka);
      await (
        await producer
      ).sendBatch({
        acks: -1,
        topicMessages: topics.map((topic) => ({
          topic,
          messages: events
            .filter((event) => topicPrefix + event.topic === topic)
            .map((event) => messageOf(service, event)),
        })),
      });
    },
    async read(topic) {
      await connect();
      const name = topicPrefix + topic;
      if (!(await admin.listTopics()).includes(name)) return [];
      const ends = new Map(
        (await admin.fetchTopicOffsets(name))
          .filter(({ low, high }) => BigInt(high) > BigInt(low))
          .map(({ partition, high }) => [partition, BigInt(high)]),
      );
      if (ends.size === 0) return [];
      const groupId = `${topicPrefix}raw-${randomUUID()}`;
      const consumer = kafka.consumer({ groupId });
      try {
        return await readUntil(consumer, name, ends);
      } finally {
        await consumer.disconnect();
        await admin.deleteGroups([groupId]).catch(() => undefined);
      }
    },
    async close() {
      await (await producer)?.disconnect();
      await connected?.then(() => admin.disconnect());
    },
  };
}

async function connectProducer(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  return producer;
}

function compactedTopic(topic: string) {
  return { topic, numPartitions: 1, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] };
}

function messageOf(service: string, { id, data, ...event }: Event) {
  const row = { _id: id, n: 0, sentAt: null, requeues: 0, ...event };
  return toMessage({ ...row, data: data === null ? null : JSON.stringify(data) }, service);
}

async function readUntil(consumer: Consumer, topic: string, ends: Map<number, bigint>): Promise<RawMessage[]> {
  const messages: RawMessage[] = [];
  const done = Promise.withResolvers<void>();
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    // The first consumer of a fresh broker crashes once and starts again by itself.
    if (!payload.restart) done.reject(payload.error);
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachBatch: ({ batch }) => {
      for (const { key, value, headers = {}, offset } of batch.messages) {
        messages.push({
          key: key?.toString() ?? '',
          value: value?.toString() ?? null,
          headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
          partition: batch.partition,
          offset,
        });
      }
      const end = ends.get(batch.partition);
      if (end !== undefined && BigInt(batch.lastOffset()) + 1n >= end) ends.delete(batch.partition);
      if (ends.size === 0) done.resolve();
      return Promise.resolve();
    },
  });
  await done.promise;
  return messages.sort((a, b) => a.partition - b.partition || Number(BigInt(a.offset) - BigInt(b.offset)));
}
