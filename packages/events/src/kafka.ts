import type { Log } from '@portal/mongo';

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

/** A Kafka cluster. Connects nowhere by itself; `stop` ends waiting calls of `ensureTopics`. */
export interface KafkaConnection {
  name: 'kafka';
  /** The topic's name on the brokers. */
  topic(name: string): string;
  /**
   * Creates missing topics, trying again while Kafka is away; for the owner of the topics, at start, without waiting:
   * `void kafka.ensureTopics([...])`. True when all exist, false when `stop` came first. Never rejects.
   */
  ensureTopics(topics: readonly TopicSpec[]): Promise<boolean>;
  stop(): Promise<void>;
}

export function createKafka(_init: KafkaInit): KafkaConnection {
  throw new Error('not built yet');
}
