import { setTimeout as delay } from 'node:timers/promises';
import { isAppError } from '@portal/errors';
import { onCleanup, startStack } from '@portal/testkit';
import type { Stack } from '@portal/testkit';
import type { RawMessage } from '../src/index.ts';
import { createWorld, holds, noteTopic, randomId, versionOf } from './_world.ts';
import type { World } from './_world.ts';

// Servers of its own, which are killed and frozen while notes are written, published and followed.

let stack: Stack;
let world: World;
beforeAll(async () => {
  stack = await startStack({ servers: ['mongo', 'kafka'] });
  onCleanup(() => stack.stop());
  const { MONGO_URL: mongoUrl = '', KAFKA_BROKERS: brokers = '' } = stack.env;
  world = createWorld(import.meta.url, { mongoUrl, brokers: brokers.split(','), partitions: 3 });
  await world.mongo.start();
}, 120_000);

/** Longer than a send may take here (2.6 s), than the lease of tests, and than the stand-in's change stream survives. */
const frozenMs = 6_000;
const writers = 3;

const kill = async (name: string): Promise<void> => {
  const server = stack.process(name);
  await server.kill();
  await server.waitReady();
};
const freeze = async (name: string): Promise<void> => {
  const server = stack.process(name);
  server.freeze();
  await delay(frozenMs);
  server.thaw();
};

interface Load {
  /** Version of each note that was acknowledged last. */
  acknowledged: Map<string, number>;
  commits(): number;
  stop(): Promise<void>;
}

/** Writers that change notes of their own one after the other. What failed they read before they go on. */
function startLoad(): Load {
  const acknowledged = new Map<string, number>();
  let stopped = false;
  let commits = 0;
  const write = async (): Promise<void> => {
    const ids = Array.from({ length: 5 }, randomId);
    const versions = new Map<string, number>();
    for (let n = 0; !stopped; n += 1) {
      const id = ids[n % ids.length] ?? '';
      try {
        const version = versions.get(id) ?? (await world.model.findOne({ _id: id }).lean())?.version ?? 0;
        versions.delete(id);
        await world.write(id, version, `text ${n}`);
        versions.set(id, version + 1);
        acknowledged.set(id, version + 1);
        commits += 1;
      } catch (error) {
        // Away, or a commit whose outcome was not known. Anything else is a fault.
        if (!isAppError(error) || error.kind === 'INTERNAL') throw error;
        await delay(50);
      }
    }
  };
  const running = Promise.all(Array.from({ length: writers }, write));
  return {
    acknowledged,
    commits: () => commits,
    async stop() {
      stopped = true;
      await running;
    },
  };
}

function check(messages: readonly RawMessage[], newest: number): void {
  const published = messages.map(versionOf);
  expect(published.at(-1)).toBe(newest);
  expect(new Set(published)).toEqual(new Set(Array.from({ length: newest }, (_, index) => index + 1)));
}

test('a relay that starts while Kafka is away publishes once it is there', async () => {
  await world.createTopic();
  stack.process('kafka').freeze();
  const id = randomId();
  const relay = world.newRelay();
  await relay.start();
  await world.write(id, 0, 'a');
  await delay(3_000);
  expect(await world.unsent()).toBe(1);
  stack.process('kafka').thaw();
  await world.drained();
  await relay.stop();
  expect((await world.published(id)).map(versionOf).at(-1)).toBe(1);
}, 60_000);

test('kills and freezes of Kafka and MongoDB: what was acknowledged is published, newest last, and followed', async () => {
  const relays = [world.newRelay(), world.newRelay()];
  const table = world.newTable();
  const follower = world.newFollower({ name: 'notes', tables: [table] });
  await Promise.all([...relays.map((relay) => relay.start()), follower.start()]);
  const load = startLoad();
  const goesOn = async (): Promise<void> => {
    const before = load.commits();
    await holds(() => expect(load.commits()).toBeGreaterThan(before + 20), 30_000);
  };
  await goesOn();
  for (const fault of [() => freeze('kafka'), () => kill('kafka'), () => freeze('mongo'), () => kill('mongo')]) {
    await fault();
    await goesOn();
  }
  await load.stop();
  await holds(async () => expect(await world.unsent()).toBe(0), 40_000);

  const stored = new Map((await world.model.find({}).lean()).map(({ _id, version }) => [_id, version]));
  const topic = Map.groupBy(await world.raw.read(noteTopic), ({ key }) => key);
  for (const [id, version] of load.acknowledged) {
    const newest = stored.get(id) ?? 0;
    expect(newest).toBeGreaterThanOrEqual(version);
    check(topic.get(id) ?? [], newest);
  }
  await holds(() => expect(table.size).toBe(stored.size), 30_000);
  await holds(() => expect(follower.stalenessMs()).toBeLessThan(2_000), 30_000);
  // After all of that the change stream wakes the relay again.
  const id = randomId();
  await world.write(id, 0, 'last');
  await holds(() => expect(table.get(id)?.text).toBe('last'), 2_000);
}, 240_000);
