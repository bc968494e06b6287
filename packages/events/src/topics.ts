import type { KafkaConnection } from './kafka.ts';
import type { Aggregate } from './types.ts';

export interface TopicsInit {
  kafka: KafkaConnection;
  /** The service's own; those without a topic are passed over. */
  aggregates: readonly Aggregate[];
}

/** A component of the service. */
export interface Topics {
  name: 'topics';
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Creates the state topics of a service's aggregates once it starts, in background: the service takes writes while
 * Kafka is away.
 */
export function createTopics({ kafka, aggregates }: TopicsInit): Topics {
  const own = aggregates.filter(({ topic }) => topic !== '');
  return {
    name: 'topics',
    start() {
      void kafka.ensureTopics(own.map(({ topic }) => ({ name: topic, compacted: true })));
      return Promise.resolve();
    },
    stop: () => kafka.stop(),
  };
}
