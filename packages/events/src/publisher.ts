import { Partitioners } from 'kafkajs';
import type { Message, Producer } from 'kafkajs';
import type { Log } from '@portal/mongo';
import { budgetMs } from './client.ts';
import type { ClientTimeouts, KafkaClient } from './client.ts';
import { TimeoutError, settle, within } from './time.ts';

/**
 * Why a send was rejected: `record` - the brokers refuse this message and will again; `topic` - its topic does not
 * exist (yet); `broker` - anything else, above all brokers that are away or slow. Only `broker` leaves it open whether
 * the messages were written.
 */
export type Refusal = 'record' | 'topic' | 'broker';

export class PublishError extends Error {
  override name = 'PublishError';
  readonly refusal: Refusal;

  constructor(refusal: Refusal, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.refusal = refusal;
  }
}

export interface Publisher {
  /** Opens a connection where there is none. Rejects with a PublishError `broker`. */
  connect(): Promise<void>;
  /**
   * Resolves when all in-sync replicas have the messages, in their order; settles within `budgetMs(timeouts)` when it
   * is connected. Rejects with a PublishError.
   */
  send(topic: string, messages: Message[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * A producer that is replaced after every rejected send. Measured with kafkajs 2.2.4: the idempotent producer counts its
 * sequence on after a time-out, and the brokers then acknowledge and drop the next message as a duplicate.
 */
export function createPublisher(
  newClient: (timeouts: ClientTimeouts) => KafkaClient,
  timeouts: ClientTimeouts,
  log: Log,
): Publisher {
  let current: { client: KafkaClient; producer: Producer } | undefined;
  const longestMs = budgetMs(timeouts);

  const discard = (): void => {
    const discarded = current;
    current = undefined;
    // First the sockets: nothing of a rejected send may still reach a broker after the next one.
    discarded?.client.destroy();
    if (discarded !== undefined) void settle(discarded.producer.disconnect(), longestMs);
  };

  const connect = async (): Promise<Producer> => {
    if (current !== undefined) return current.producer;
    const client = newClient(timeouts);
    const producer = client.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    current = { client, producer };
    try {
      await within(producer.connect(), longestMs, 'connecting to Kafka');
    } catch (error) {
      discard();
      throw new PublishError('broker', error);
    }
    log.debug({}, 'producer connected');
    return producer;
  };

  return {
    async connect() {
      await connect();
    },
    async send(topic, messages) {
      const producer = await connect();
      try {
        const sent = producer.send({ topic, messages, acks: -1, timeout: timeouts.requestMs });
        await within(sent, longestMs, 'sending to Kafka');
      } catch (error) {
        discard();
        throw new PublishError(refusalOf(error), error);
      }
    },
    async close() {
      const closed = current;
      current = undefined;
      if (closed !== undefined) await settle(closed.producer.disconnect(), 1_000);
      closed?.client.destroy();
    },
  };
}

const topicErrors = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION', 'TOPIC_AUTHORIZATION_FAILED']);

/** kafkajs wraps what a broker said: retries exceeded ← not retriable ← the answer. */
function refusalOf(error: unknown): Refusal {
  let root = error;
  for (let at = error; at instanceof Error; at = at.cause) {
    if (topicErrors.has((at as { type?: string }).type ?? '')) return 'topic';
    root = at;
  }
  const temporary = root instanceof TimeoutError || (root as { retriable?: boolean }).retriable === true;
  return temporary ? 'broker' : 'record';
}
