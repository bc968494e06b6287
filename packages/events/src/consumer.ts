import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { ClientSession, Log, Mongo } from '@portal/mongo';
import { consume } from './consume.ts';
import { createInbox } from './inbox.ts';
import { internals } from './internals.ts';
import type { KafkaConnection } from './kafka.ts';
import { readEvent } from './message.ts';
import { createBackOff, settle, sleep } from './time.ts';
import type { Event, MetricsRegistry } from './types.ts';

export interface ConsumerInit {
  kafka: KafkaConnection;
  mongo: Mongo;
  /** Shared by all processes of the service; without prefix. */
  group: string;
  /** Without prefix. */
  topics: readonly string[];
  /**
   * The effect, written through `session`: it commits together with the mark that the event was seen, so it happens
   * once. It may be called several times until it does. What it throws is logged, and the event tried again.
   */
  handle: (event: Event, context: { session: ClientSession }) => Promise<void>;
  log: Log;
  metrics?: MetricsRegistry;
}

export interface Consumer {
  name: string;
  /** Connects in background. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Has an effect of every event, once, in the order of its aggregate. Create it before `mongo.start`. */
export function createConsumer(init: ConsumerInit): Consumer {
  const { kafka, mongo, group, topics, handle, log, metrics } = init;
  const inbox = createInbox(mongo);
  const failures = metrics?.counter('portal_events_effect_failures_total', 'Attempts at an effect that failed', [
    'group',
  ]);
  const stopping = new AbortController();
  const topicOf = new Map(topics.map((topic) => [kafka.topic(topic), topic]));
  let running: Promise<void> | undefined;

  const effect = (event: Event): Promise<void> =>
    mongo.transaction(async (session) => {
      if (await inbox.enter(`${group}/${event.id}`, session)) await handle(event, { session });
    });

  /** False when it was given up, because of a stop or another owner of the partition. */
  const handleUntilDone = async (event: Event, payload: EachBatchPayload): Promise<boolean> => {
    const backOff = createBackOff(100, 5_000);
    while (payload.isRunning() && !payload.isStale() && !stopping.signal.aborted) {
      try {
        await effect(event);
        return true;
      } catch (error) {
        failures?.inc({ group });
        const { id: eventId, type, key, version } = event;
        log.error({ group, eventId, type, key, version, err: error }, 'an effect failed, trying again');
      }
      await sleep(backOff.next(), stopping.signal);
      // Without it the group would give the partition to another process, which meets the same.
      await payload.heartbeat();
    }
    return false;
  };

  /** What is no event will be none at the next attempt either. */
  const read = (topic: string, message: KafkaMessage): Event | undefined => {
    try {
      return readEvent(topic, message).event;
    } catch (error) {
      failures?.inc({ group });
      log.error({ group, topic, offset: message.offset, err: error }, 'a message is no event, passed over');
      return undefined;
    }
  };

  const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
    const { batch, resolveOffset, heartbeat, commitOffsetsIfNecessary, uncommittedOffsets } = payload;
    const topic = topicOf.get(batch.topic) ?? batch.topic;
    for (const message of batch.messages) {
      const event = read(topic, message);
      if (event !== undefined && !(await handleUntilDone(event, payload))) break;
      resolveOffset(message.offset);
      await heartbeat();
    }
    // After the effects: what was not committed comes again, and the inbox knows it.
    await commitOffsetsIfNecessary(uncommittedOffsets());
  };

  const run = async (): Promise<void> => {
    const { newClient } = kafka[internals];
    const backOff = createBackOff(200, 3_000);
    while (!stopping.signal.aborted) {
      try {
        const client = newClient();
        const groupId = kafka.topic(group);
        await consume({ client, groupId, topics: [...topicOf.keys()], signal: stopping.signal, eachBatch });
        backOff.reset();
      } catch (error) {
        log.warn({ group, err: error }, 'consuming was interrupted, trying again');
        await sleep(backOff.next(), stopping.signal);
      }
    }
  };

  return {
    name: `consumer ${group}`,
    start() {
      running ??= run();
      return Promise.resolve();
    },
    async stop() {
      stopping.abort();
      await settle(running ?? Promise.resolve(), 5_000);
    },
  };
}
