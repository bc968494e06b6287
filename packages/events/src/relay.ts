import { randomUUID } from 'node:crypto';
import { createLease, watchInserts } from '@portal/mongo';
import type { Log, Mongo, Watch } from '@portal/mongo';
import { budgetMs, defaultTimeouts } from './client.ts';
import type { ClientTimeouts } from './client.ts';
import { internals } from './internals.ts';
import type { KafkaConnection } from './kafka.ts';
import { outboxModel } from './outbox.ts';
import { createOutboxQueue } from './outbox-queue.ts';
import { PublishError, createPublisher } from './publisher.ts';
import { createRelayMetrics } from './relay-metrics.ts';
import { LeaseLost, createRelayRound } from './relay-round.ts';
import type { RelayHooks } from './relay-round.ts';
import { createBackOff, createBell, settle } from './time.ts';
import type { MetricsRegistry } from './types.ts';

export interface RelayInit {
  mongo: Mongo;
  kafka: KafkaConnection;
  /** Becomes the source of the events: `/portal/<service>`. */
  service: string;
  log: Log;
  metrics?: MetricsRegistry;
  /** How soon another process takes over from one that was killed; 15,000 by default. */
  lease?: { ttlMs: number };
  timeouts?: Partial<ClientTimeouts>;
  /** How often it looks without being woken, for rows and for a lease that became free; 1,000 by default. */
  pollMs?: number;
  /** How often messages that the brokers refuse are tried again; 60,000 by default. */
  retryParkedMs?: number;
  /** For fault tests: awaited at the places where a process can freeze. */
  hooks?: RelayHooks;
}

export interface Relay {
  name: 'relay';
  /** Begins to publish in background; needs neither Kafka nor the lease to start. */
  start(): Promise<void>;
  /** Publishes what waits, for at most three seconds, and gives up the lease. */
  stop(): Promise<void>;
}

const drainMs = 3_000;
/** For the renewal of the lease after a send. */
const markMs = 2_000;
const countEveryMs = 5_000;

/**
 * Publishes the outbox of a service: at least once, in version order within an aggregate, and so that the last message
 * of an aggregate is its newest version. Of all processes of the service one does it at a time, by lease. A message that
 * the brokers refuse is set aside, logged and tried again now and then; all others pass it.
 * Throws an Error when the lease would not outlast a send.
 */
export function createRelay(init: RelayInit): Relay {
  const { mongo, kafka, service, log, lease: { ttlMs } = { ttlMs: 15_000 } } = init;
  const { pollMs = 1_000, retryParkedMs = 60_000, hooks = {} } = init;
  const timeouts = { ...defaultTimeouts, ...init.timeouts };
  const neededMs = budgetMs(timeouts) + markMs;
  if (ttlMs <= neededMs)
    throw new Error(`a lease of ${ttlMs} ms does not outlast a send, which may take ${neededMs} ms`);

  const outbox = outboxModel(mongo);
  const queue = createOutboxQueue(mongo);
  const lease = createLease({ mongo, name: 'relay', owner: randomUUID(), ttlMs });
  const publisher = createPublisher(kafka[internals].newClient, timeouts, log);
  const metrics = createRelayMetrics(init.metrics);
  const topic = kafka.topic;
  const round = createRelayRound({
    queue,
    lease,
    publisher,
    service,
    topic,
    neededMs,
    retryParkedMs,
    hooks,
    metrics,
    log,
  });

  const bell = createBell();
  const backOff = createBackOff(200, 5_000);
  let stopping = false;
  let running: Promise<void> | undefined;
  let watch: Watch | undefined;
  let countedAt = -Infinity;

  /** One look at the outbox; true when there may be more to do at once. */
  const step = async (): Promise<boolean> => {
    await round.settle();
    if (lease.remainingMs() < neededMs && !(await lease.acquire())) {
      await unwatch();
      return false;
    }
    watch ??= watchInserts(outbox, bell.ring, log);
    const rows = await round.run();
    await count();
    backOff.reset();
    return rows > 0;
  };

  const run = async (): Promise<void> => {
    while (!stopping) {
      try {
        if (!(await step())) await bell.wait(pollMs);
      } catch (error) {
        await failed(error);
        await bell.wait(backOff.next());
      }
    }
    await drain();
  };

  const drain = async (): Promise<void> => {
    const deadline = performance.now() + drainMs;
    try {
      while (performance.now() < deadline && (await step()));
      await round.settle();
    } catch (error) {
      await failed(error);
    }
  };

  const failed = async (error: unknown): Promise<void> => {
    const reason = error instanceof PublishError ? error.refusal : error instanceof LeaseLost ? 'lease' : 'store';
    metrics.failed(reason);
    log.warn({ err: error, reason }, 'publishing failed, trying again');
    try {
      await round.settle();
      // Another process may reach the brokers where this one does not.
      if (reason === 'broker') await lease.release();
    } catch {
      // The store is away; the next step settles.
    }
  };

  const count = async (): Promise<void> => {
    if (performance.now() - countedAt < countEveryMs) return;
    countedAt = performance.now();
    const { waiting, parked } = await queue.countUnsent();
    metrics.waiting(waiting, parked);
  };

  const unwatch = async (): Promise<void> => {
    await watch?.close();
    watch = undefined;
  };

  return {
    name: 'relay',
    start() {
      running ??= run();
      return Promise.resolve();
    },
    async stop() {
      stopping = true;
      bell.ring();
      await settle(running ?? Promise.resolve(), drainMs + 500);
      await publisher.close();
      await unwatch();
      await lease.release();
    },
  };
}
