import { createWorld, holds, noteTopic, noteType } from './_world.ts';

const world = createWorld(import.meta.url);
beforeAll(() => world.mongo.start());

test('a change is published as a CloudEvent with its whole state, and followed', async () => {
  const relay = world.newRelay();
  const table = world.newTable();
  const follower = world.newFollower({ name: 'notes', tables: [table] });
  await relay.start();
  await follower.start();
  expect(follower.ready()).toBe(false);
  expect(follower.stalenessMs()).toBe(Infinity);
  await world.write('n1', 0, 'một');
  await world.createTopic();
  await holds(() => expect(table.get('n1')).toEqual({ noteId: 'n1', text: 'một' }));
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
  await world.write('n1', 1, 'hai');
  await holds(() => expect(table.get('n1')?.text).toBe('hai'));
  await world.write('n1', 2, null);
  await holds(() => expect(table.size).toBe(0));
  await holds(() => expect(follower.stalenessMs()).toBeLessThan(1_000));
});
