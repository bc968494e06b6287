import type { Admin } from 'kafkajs';
import type { Log } from '@portal/mongo';
import { createClient, defaultTimeouts } from './client.ts';
import type { ClientTimeouts, KafkaClient } from './client.ts';
import { internals } from './internals.ts';
import { createBackOff, settle, sleep } from './time.ts';

export interface KafkaInit {
  /** host:port of each. */
  brokers: readonly string[];
  /** Name of the service. */
  clientId: string;
  log: Log;
  /** Put before every topic and group: tests share a broker. */
  topicPrefix?: string;
  /** Of topics that are created; existing ones keep theirs. 6 by default. */
  partitions?: number;
}

export interface TopicSpec {
  /** Without prefix. */
  name: string;
  /** True keeps the latest message of every key for ever; `{ retentionMs }` everything for that long. */
  compacted: true | { retentionMs: number };
}

/** A Kafka cluster. Opens nothing by itself; whoever uses it opens connections of his own. */
export interface KafkaConnection {
  name: 'kafka';
  /** The topic's name on the brokers. */
  topic(name: string): string;
  /**
   * Creates missing topics, trying again while Kafka is away; for the owner of the topics, at start, without waiting:
   * `void kafka.ensureTopics([...])`. True when all exist, false when `stop` came first. Never rejects.
   */
  ensureTopics(topics: readonly TopicSpec[]): Promise<boolean>;
  /** Ends waiting calls of `ensureTopics`. */
  stop(): Promise<void>;
  readonly [internals]: KafkaInternals;
}

export interface KafkaInternals {
  newClient(timeouts?: ClientTimeouts): KafkaClient;
  /** Runs `use` with an admin client of its own, which is closed whatever happens. */
  withAdmin<T>(use: (admin: Admin) => Promise<T>): Promise<T>;
}

/**
 * How long a deletion stays readable. Readers whose snapshot is older than a good part of it start from the beginning
 * (`snapshotMaxAgeMs`): they may have missed one.
 */
export const tombstoneRetentionMs = 7 * 24 * 3_600_000;
export const snapshotMaxAgeMs = tombstoneRetentionMs / 2;

export function createKafka(init: KafkaInit): KafkaConnection {
  const { log, topicPrefix = '', partitions = 6 } = init;
  const stopping = new AbortController();
  const topic = (name: string): string => topicPrefix + name;
  const newClient = (timeouts: ClientTimeouts = defaultTimeouts): KafkaClient => createClient(init, timeouts);

  const withAdmin = async <T>(use: (admin: Admin) => Promise<T>): Promise<T> => {
    const client = newClient();
    const admin = client.kafka.admin();
    try {
      await admin.connect();
      return await use(admin);
    } finally {
      await settle(admin.disconnect(), 1_000);
      client.destroy();
    }
  };

  const createMissing = (specs: readonly TopicSpec[]): Promise<void> =>
    withAdmin(async (admin) => {
      const existing = new Set(await admin.listTopics());
      const missing = specs.filter(({ name }) => !existing.has(topic(name)));
      if (missing.length === 0) return;
      const topics = missing.map(({ name, compacted }) => ({
        topic: topic(name),
        numPartitions: partitions,
        configEntries: configOf(compacted),
      }));
      await admin.createTopics({ topics, waitForLeaders: true });
      log.info({ topics: missing.map(({ name }) => name) }, 'topics created');
    });

  return {
    name: 'kafka',
    topic,
    async ensureTopics(specs) {
      const backOff = createBackOff(200, 3_000);
      while (!stopping.signal.aborted) {
        try {
          await createMissing(specs);
          return true;
        } catch (error) {
          // Two instances that create a topic at once: one is refused and finds it at its next look.
          log.warn({ err: error }, 'topics could not be created, trying again');
          await sleep(backOff.next(), stopping.signal);
        }
      }
      return false;
    },
    stop() {
      stopping.abort();
      return Promise.resolve();
    },
    [internals]: { newClient, withAdmin },
  };
}

function configOf(compacted: TopicSpec['compacted']): { name: string; value: string }[] {
  const config =
    compacted === true
      ? {
          'cleanup.policy': 'compact',
          'delete.retention.ms': String(tombstoneRetentionMs),
          // What was replaced goes within a day or so: the segment that is written to is never cleaned.
          'segment.ms': String(24 * 3_600_000),
          'min.cleanable.dirty.ratio': '0.1',
        }
      : { 'cleanup.policy': 'delete', 'retention.ms': String(compacted.retentionMs) };
  return Object.entries(config).map(([name, value]) => ({ name, value }));
}
