import type { Log, Mongo } from '@portal/mongo';
import type { KafkaConnection } from './kafka.ts';
import type { MetricsRegistry } from './types.ts';

export interface RelayInit {
  mongo: Mongo;
  kafka: KafkaConnection;
  service: string;
  log: Log;
  metrics?: MetricsRegistry;
}

export interface Relay {
  name: 'relay';
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createRelay(_init: RelayInit): Relay {
  throw new Error('not built yet');
}
