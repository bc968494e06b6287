import type { EachBatchPayload } from 'kafkajs';
import type { KafkaClient } from './client.ts';
import { settle, sleep } from './time.ts';

export interface ConsumeInit {
  client: KafkaClient;
  groupId: string;
  /** Names on the brokers; all must exist. */
  topics: readonly string[];
  /** Ends it without an error. */
  signal: AbortSignal;
  /** Where to begin, asked at every (re)joining of the group; partitions it leaves out begin where the group stood. */
  seekTo?: () => Iterable<{ topic: string; partition: number; offset: bigint }>;
  eachBatch: (batch: EachBatchPayload) => Promise<void>;
  /** Called whenever a broker answered a fetch, with or without messages. */
  onFetched?: () => void;
}

const sessionTimeoutMs = 10_000;
/** kafkajs can hang without a word after a broker was away. An idle fetch is answered after `maxWaitTimeInMs`. */
const stalledMs = 15_000;

/**
 * Consumes until the signal, never committing by itself. Rejects when the consumer crashed or hangs; nothing of it is
 * left then, and the caller begins anew. The client is destroyed in any case.
 */
export async function consume(init: ConsumeInit): Promise<void> {
  const { client, groupId, topics, signal, seekTo, eachBatch, onFetched } = init;
  const consumer = client.kafka.consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: 2_000,
    rebalanceTimeout: 20_000,
    maxWaitTimeInMs: 500,
    allowAutoTopicCreation: false,
  });
  const crashed = Promise.withResolvers<never>();
  crashed.promise.catch(() => undefined);
  let fetchedAt = performance.now();
  consumer.on(consumer.events.CRASH, ({ payload }) => crashed.reject(payload.error));
  consumer.on(consumer.events.GROUP_JOIN, () => {
    // Nothing is committed, so after each rejoining kafkajs would read from the beginning.
    for (const { topic, partition, offset } of seekTo?.() ?? [])
      consumer.seek({ topic, partition, offset: String(offset) });
  });
  consumer.on(consumer.events.REQUEST, ({ payload }) => {
    if (payload.apiName !== 'Fetch') return;
    fetchedAt = performance.now();
    onFetched?.();
  });
  const stalled = async (): Promise<void> => {
    while (!signal.aborted) {
      await sleep(1_000, signal);
      if (performance.now() - fetchedAt > stalledMs) throw new Error('the consumer hangs');
    }
  };
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
    await Promise.race([crashed.promise, stalled()]);
  } finally {
    await settle(consumer.disconnect(), 2_000);
    client.destroy();
  }
}
