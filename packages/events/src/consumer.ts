import type { ClientSession, Log, Mongo } from '@portal/mongo';
import type { KafkaConnection } from './kafka.ts';
import type { Event, MetricsRegistry } from './types.ts';

export interface ConsumerInit {
  kafka: KafkaConnection;
  mongo: Mongo;
  /** Shared by all processes of the service; without prefix. */
  group: string;
  /** Without prefix. */
  topics: readonly string[];
  /** The effect, written through `session`: it commits together with the mark that the event was seen. */
  handle: (event: Event, context: { session: ClientSession }) => Promise<void>;
  log: Log;
  metrics?: MetricsRegistry;
}

export interface Consumer {
  name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createConsumer(_init: ConsumerInit): Consumer {
  throw new Error('not built yet');
}
