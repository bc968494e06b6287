import type { Lease, Log } from '@portal/mongo';
import { toMessage } from './message.ts';
import type { OutboxRow } from './outbox.ts';
import type { OutboxQueue, QueuePosition } from './outbox-queue.ts';
import { PublishError } from './publisher.ts';
import type { Publisher } from './publisher.ts';
import type { RelayMetrics } from './relay-metrics.ts';

/** Places where a process may freeze, for fault tests. */
export interface RelayHooks {
  /** Rows were read that will be sent. */
  afterRead?: (rows: readonly OutboxRow[]) => Promise<void>;
  /** The lease was checked, the send begins when this resolves. */
  beforeSend?: (rows: readonly OutboxRow[]) => Promise<void>;
  /** The brokers have the messages, the mark follows. */
  afterSend?: (rows: readonly OutboxRow[]) => Promise<void>;
}

export interface RelayRoundInit {
  queue: OutboxQueue;
  lease: Lease;
  publisher: Publisher;
  service: string;
  /** Name of a topic on the brokers. */
  topic: (name: string) => string;
  /** What must remain of the lease when a send begins. */
  neededMs: number;
  retryParkedMs: number;
  hooks: RelayHooks;
  metrics: RelayMetrics;
  log: Log;
}

export interface RelayRound {
  /**
   * Publishes what waits, up to one page; the number of rows it dealt with. Only while the lease is held. Throws
   * LeaseLost, a PublishError `broker`, or what the store throws; rows that it did not mark stay as they were.
   */
  run(): Promise<number>;
  /**
   * To be called before the lease is taken again. Where rows were under way and the lease was lost, they may have come
   * after newer versions that another relay published: the newest versions are put back, to be the last again.
   */
  settle(): Promise<void>;
}

/** Another relay may have published meanwhile; what was read before is out of date. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
}

const pageRows = 200;
/** Brokers refuse batches above 1 MiB (`message.max.bytes`); a larger row goes alone. */
const batchBytes = 512 * 1024;
/** Key and headers of a message. */
const overheadBytes = 500;
/** How long a topic that does not exist is left alone. Its owner creates it at start. */
const missingTopicMs = 1_000;

export function createRelayRound(init: RelayRoundInit): RelayRound {
  const { queue, lease, publisher, service, topic, neededMs, retryParkedMs, hooks, metrics, log } = init;
  let underWay: readonly OutboxRow[] = [];
  /** Where the page before ended: under load every aggregate gets its turn, not only the first ones in order. */
  let position: QueuePosition | undefined;
  /** Topics that do not exist, and until when they are left alone. */
  const heldTopics = new Map<string, number>();
  const isHeld = (name: string): boolean => (heldTopics.get(name) ?? 0) > performance.now();
  let parkedTriedAt = performance.now();

  const publish = async (rows: readonly OutboxRow[]): Promise<void> => {
    const [first] = rows;
    if (first === undefined || isHeld(first.topic)) return;
    try {
      await send(first.topic, rows);
    } catch (error) {
      if (!(error instanceof PublishError) || error.refusal === 'broker') throw error;
      metrics.failed(error.refusal);
      await settle();
      if (error.refusal === 'topic') hold(first.topic);
      else if (rows.length === 1) await park(first, error);
      else for (const part of partsOf(rows)) await publish(part);
    }
  };

  const send = async (name: string, rows: readonly OutboxRow[]): Promise<void> => {
    await publisher.connect();
    // Not `acquire`: if another relay had the lease since the rows were read, it may have sent them and newer ones.
    if (lease.remainingMs() < neededMs && !(await lease.renew()))
      throw new LeaseLost('the lease was lost before a send');
    underWay = rows;
    await hooks.beforeSend?.(rows);
    await publisher.send(
      topic(name),
      rows.map((row) => toMessage(row, service)),
    );
    await hooks.afterSend?.(rows);
    // Held until here means that nobody else sent before the brokers had these rows; what comes after does not matter.
    if (!(await lease.renew())) throw new LeaseLost('the lease was lost during a send');
    await queue.markSent(rows);
    underWay = [];
    heldTopics.delete(name);
    metrics.sent(rows.length);
  };

  const settle = async (): Promise<void> => {
    if (underWay.length === 0) return;
    if (!(await lease.renew())) {
      await queue.requeueLatest(underWay);
      metrics.requeued();
      log.warn({ rows: underWay.length }, 'the lease was lost during a send, latest states are sent again');
    }
    underWay = [];
  };

  const hold = (name: string): void => {
    if (!heldTopics.has(name)) log.warn({ topic: name }, 'topic does not exist yet, its messages wait');
    heldTopics.set(name, performance.now() + missingTopicMs);
  };

  const park = async (row: OutboxRow, error: PublishError): Promise<void> => {
    await queue.park(row, error.message);
    const { _id: eventId, topic: name, key, version } = row;
    log.error({ eventId, topic: name, key, version, err: error }, 'message refused by Kafka, set aside');
  };

  /** Rows that were put back or set aside may be older than what was sent: the newest of that follows them once more. */
  const withNewer = async (rows: readonly OutboxRow[]): Promise<OutboxRow[]> => {
    const late = rows.some(({ requeues, parkedAt }) => requeues > 0 || parkedAt !== undefined);
    return late ? [...rows, ...(await queue.sentAfter(rows))] : [...rows];
  };

  const retryParked = async (): Promise<void> => {
    if (performance.now() - parkedTriedAt < retryParkedMs) return;
    parkedTriedAt = performance.now();
    const due = await queue.parkedBefore(new Date(Date.now() - retryParkedMs), pageRows);
    for (const row of due) await publish(await withNewer([row]));
  };

  const nextPage = async (): Promise<OutboxRow[]> => {
    const page = await queue.unsent(position, [...heldTopics.keys()].filter(isHeld), pageRows);
    if (page.length === 0 && position !== undefined) {
      position = undefined;
      return nextPage();
    }
    position = page.length === pageRows ? page.at(-1) : undefined;
    return page;
  };

  return {
    async run() {
      await retryParked();
      const page = await nextPage();
      const aggregates = [...Map.groupBy(page, (row) => `${row.topic}\n${row.key}`).values()];
      const rows = (await Promise.all(aggregates.map(withNewer))).flat();
      if (rows.length > 0) await hooks.afterRead?.(rows);
      for (const batch of batchesOf(rows)) await publish(batch);
      return page.length;
    },
    settle,
  };
}

/** One topic each and no larger than the brokers take, in the order of the rows. */
function batchesOf(rows: readonly OutboxRow[]): OutboxRow[][] {
  const batches: OutboxRow[][] = [];
  let bytes = 0;
  for (const row of rows) {
    const batch = batches.at(-1);
    const size = Buffer.byteLength(row.data ?? '') + overheadBytes;
    if (batch === undefined || batch[0]?.topic !== row.topic || bytes + size > batchBytes) {
      batches.push([row]);
      bytes = size;
    } else {
      batch.push(row);
      bytes += size;
    }
  }
  return batches;
}

/** The aggregates of a batch, or the rows of its only one. */
function partsOf(rows: readonly OutboxRow[]): OutboxRow[][] {
  const aggregates = [...Map.groupBy(rows, ({ key }) => key).values()];
  return aggregates.length > 1 ? aggregates : rows.map((row) => [row]);
}
