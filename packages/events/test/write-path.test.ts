import { createFollower } from '../src/index.ts';
import { createWorld, eventually, noteTopic, noteType, quiet } from './support.ts';

const world = createWorld();
const relay = world.newRelay();
beforeAll(async () => {
  await world.mongo.start();
  await relay.start();
});
afterAll(() => world.close());

test('a change is published as a CloudEvent with its whole state, and followed', async () => {
  const table = world.newTable();
  const follower = createFollower({ ...world, service: 'reader', name: 'notes', tables: [table], log: quiet });
  await follower.start();
  expect(follower.ready()).toBe(false);
  await world.write('n1', 0, 'một');
  expect(await world.kafka.ensureTopics([{ name: noteTopic, compacted: true }])).toBe(true);
  await eventually(() => expect(table.get('n1')).toEqual({ noteId: 'n1', text: 'một' }));
  await follower.caughtUp();
  expect(follower.ready()).toBe(true);
  const [message] = await world.raw.read(noteTopic);
  expect(message).toMatchObject({
    key: 'n1',
    value: JSON.stringify({ noteId: 'n1', text: 'một' }),
    headers: {
      ce_specversion: '1.0',
      ce_source: '/portal/notes',
      ce_type: noteType,
      ce_subject: 'n1',
      ce_version: '1',
      ce_actor: 'tester',
      'content-type': 'application/json',
    },
  });
  const began = performance.now();
  await world.write('n1', 1, 'hai');
  await eventually(() => expect(table.get('n1')?.text).toBe('hai'));
  console.log('visible after', performance.now() - began);
  await world.write('n1', 2, null);
  await eventually(() => expect(table.size).toBe(0));
  await eventually(() => expect(follower.stalenessMs()).toBeLessThan(1_000));
  await follower.stop();
});
