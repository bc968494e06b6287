import { randomUUID } from 'node:crypto';
import type { Admin, EachBatchPayload } from 'kafkajs';
import type { Log, Mongo } from '@portal/mongo';
import { consume } from './consume.ts';
import { createFollowerMetrics } from './follower-metrics.ts';
import { internals } from './internals.ts';
import { snapshotMaxAgeMs } from './kafka.ts';
import type { KafkaConnection } from './kafka.ts';
import { createProjection, reportTo } from './projection.ts';
import type { AnyTable, Ends } from './projection.ts';
import { createSnapshotStore } from './snapshot.ts';
import type { Tail } from './table.ts';
import { createBackOff, settle, sleep } from './time.ts';
import type { MetricsRegistry } from './types.ts';

export interface FollowerInit {
  kafka: KafkaConnection;
  mongo: Mongo;
  service: string;
  /** Unique in the service; its snapshots go by it. */
  name: string;
  tables: readonly AnyTable[];
  tails?: readonly Tail[];
  log: Log;
  metrics?: MetricsRegistry;
  /** 30,000 by default. */
  snapshotEveryMs?: number;
}

export interface Follower {
  name: string;
  /** Loads the snapshot and connects in background: it does not wait for Kafka. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Caught up; or, where Kafka does not answer, a snapshot was loaded: a right removed meanwhile must not count again. */
  ready(): boolean;
  /** How long ago the tables surely were what the topics said; Infinity before the first time. */
  stalenessMs(): number;
  /** Resolves once everything that was in the topics when they were first reached has been applied. */
  caughtUp(): Promise<void>;
}

const missingTopicsEveryMs = 1_000;
/** A snapshot waits this long for what happened since, before it is served as it is. */
const kafkaAnswersWithinMs = 5_000;

/**
 * Keeps tables what the state topics say. One consumer group unique to the process, which reads everything and commits
 * nothing; what was read is kept as a snapshot in the service's own database, so that a restart serves at once, even
 * while Kafka is away. A topic that does not exist yet is waited for; the others are followed meanwhile.
 */
export function createFollower(init: FollowerInit): Follower {
  const { kafka, mongo, service, name, tables, tails = [], log, snapshotEveryMs = 30_000 } = init;
  const metrics = createFollowerMetrics(init.metrics, name);
  const projection = createProjection(tables, tails, reportTo(log, name, metrics.problem));
  const snapshots = createSnapshotStore(mongo, name);
  const { newClient, withAdmin } = kafka[internals];
  const stopping = new AbortController();
  const firstCaughtUp = Promise.withResolvers<void>();
  const process = randomUUID();
  const topicOf = new Map(projection.topics.map((topic) => [kafka.topic(topic), topic]));
  let running: Promise<void> | undefined;
  let loaded = false;
  let isCaughtUp = false;
  /** Kafka did not answer, or not in time: what the snapshot says is the best there is. */
  let isOnItsOwn = false;
  /** By the monotonic clock; the snapshot's age counts from the wall clock. */
  let currentAt = -Infinity;
  let savedRevision = 0;
  let saving: Promise<void> | undefined;

  const load = async (): Promise<void> => {
    try {
      const snapshot = await snapshots.load();
      if (snapshot === undefined) return;
      const ageMs = Math.max(0, Date.now() - snapshot.savedAt.getTime());
      projection.load(snapshot.topics, ageMs < snapshotMaxAgeMs);
      currentAt = performance.now() - ageMs;
      // A topic that is followed since yesterday is not in yesterday's snapshot.
      const known = new Set(snapshot.topics.map(({ topic }) => topic));
      loaded = projection.topics.every((topic) => known.has(topic));
      log.info({ follower: name, ageMs, entries: entryCounts() }, 'snapshot loaded');
    } catch (error) {
      log.warn({ follower: name, err: error }, 'snapshot could not be loaded');
    }
  };

  const save = (): Promise<void> => {
    saving ??= saveOnce().finally(() => (saving = undefined));
    return saving;
  };

  const saveOnce = async (): Promise<void> => {
    const { revision } = projection;
    if (revision === savedRevision || !isCaughtUp) return;
    const topics = projection.dump();
    if (topics === undefined) return;
    try {
      await snapshots.save(topics);
      savedRevision = revision;
    } catch (error) {
      log.warn({ follower: name, err: error }, 'snapshot could not be saved');
    }
  };

  const entryCounts = (): Record<string, number> => Object.fromEntries(tables.map(({ topic, size }) => [topic, size]));

  const look = (): void => {
    if (projection.current()) currentAt = performance.now();
    if (isCaughtUp || !projection.caughtUp()) return;
    isCaughtUp = true;
    log.info({ follower: name, entries: entryCounts() }, 'caught up');
    firstCaughtUp.resolve();
    void save();
  };

  /** From reaching the topics to the loss of the connection, the appearance of a missing topic, or the stop. */
  const follow = async (groupId: string): Promise<void> => {
    const present = await withAdmin(reachTopics);
    look();
    if (present.length === 0) return sleep(missingTopicsEveryMs, stopping.signal);
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, stopping.signal]);
    const missing = projection.topics.length - present.length;
    const appeared = missing === 0 ? Promise.resolve() : watchMissing(present.length, signal).then(() => over.abort());
    try {
      await consume({
        client: newClient(),
        groupId,
        topics: present.map(kafka.topic),
        signal,
        seekTo: () =>
          present.flatMap((topic) =>
            [...projection.offsets(topic)].map(([partition, offset]) => ({
              topic: kafka.topic(topic),
              partition,
              offset,
            })),
          ),
        eachBatch: (payload) => apply(payload, over),
        onFetched: look,
      });
    } finally {
      over.abort();
      await appeared.catch(() => undefined);
    }
  };

  const reachTopics = async (admin: Admin): Promise<string[]> => {
    const existing = new Set(await admin.listTopics());
    const present: string[] = [];
    for (const topic of projection.topics) {
      const exists = existing.has(kafka.topic(topic));
      projection.reach(topic, exists ? endsOf(await admin.fetchTopicOffsets(kafka.topic(topic))) : undefined);
      if (exists) present.push(topic);
    }
    return present;
  };

  const watchMissing = async (presentBefore: number, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await sleep(missingTopicsEveryMs, signal);
      const existing = await withAdmin((admin) => admin.listTopics()).catch((): string[] => []);
      if (existing.filter((topic) => topicOf.has(topic)).length > presentBefore) return;
    }
  };

  const apply = async ({ batch, resolveOffset, heartbeat }: EachBatchPayload, over: AbortController): Promise<void> => {
    const topic = topicOf.get(batch.topic);
    if (topic === undefined || over.signal.aborted || stopping.signal.aborted) return;
    const { partition, messages } = batch;
    const highWatermark = BigInt(batch.highWatermark);
    const lastOffset = BigInt(batch.lastOffset());
    if (!projection.apply({ topic, partition, highWatermark, lastOffset, messages })) {
      log.error({ follower: name, topic }, 'topic holds less than was read of it, reading it anew');
      over.abort();
      return;
    }
    resolveOffset(batch.lastOffset());
    look();
    await heartbeat();
  };

  const isStopping = (): boolean => stopping.signal.aborted;

  const run = async (): Promise<void> => {
    const backOff = createBackOff(200, 3_000);
    for (let attempt = 1; !stopping.signal.aborted; attempt += 1) {
      // A group of its own each time: a member that died with the connection would delay the others for ten seconds.
      const groupId = kafka.topic(`${service}.${name}.${process}.${attempt}`);
      const began = performance.now();
      try {
        await follow(groupId);
      } catch (error) {
        isOnItsOwn = true;
        log.warn({ follower: name, err: error }, 'following was interrupted, trying again');
        if (performance.now() - began > 30_000) backOff.reset();
        await sleep(backOff.next(), stopping.signal);
      } finally {
        const deleted = settle(
          withAdmin((admin) => admin.deleteGroups([groupId])),
          1_000,
        );
        if (isStopping()) await deleted;
      }
    }
  };

  const waitForKafka = async (): Promise<void> => {
    await sleep(kafkaAnswersWithinMs, stopping.signal);
    isOnItsOwn = true;
  };

  const tick = async (): Promise<void> => {
    for (let ticks = 1; !stopping.signal.aborted; ticks += 1) {
      await sleep(1_000, stopping.signal);
      metrics.state(follower.stalenessMs(), entryCounts());
      if ((ticks * 1_000) % snapshotEveryMs < 1_000) await save();
    }
  };

  const follower: Follower = {
    name,
    async start() {
      await load();
      running ??= Promise.all([run(), tick(), waitForKafka()]).then(() => undefined);
    },
    async stop() {
      stopping.abort();
      await settle(running ?? Promise.resolve(), 4_000);
      await settle(save(), 2_000);
    },
    ready: () => isCaughtUp || (loaded && isOnItsOwn),
    stalenessMs: () => performance.now() - currentAt,
    caughtUp: () => firstCaughtUp.promise,
  };
  return follower;
}

function endsOf(offsets: Awaited<ReturnType<Admin['fetchTopicOffsets']>>): Ends {
  return new Map(offsets.map(({ partition, low, high }) => [partition, { low: BigInt(low), high: BigInt(high) }]));
}
