import fc from 'fast-check';
import {
  announce,
  claim,
  endSessions,
  finish,
  isDue,
  mirror,
  mirrorAndEndSessions,
  newPerson,
  postpone,
  startOver,
} from '../src/person/domain.ts';
import type { Person } from '../src/person/domain.ts';

const now = new Date('2026-03-01T08:00:00Z');
const at = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
const an = newPerson('p', 'an');

test('somebody new has nothing to be done', () => {
  expect(isDue(an, at(1e9))).toBe(false);
});

test('an announced gift is looked at when the giver does not come back, not before', () => {
  const announced = announce(an, now);
  expect(announced).toMatchObject({ mirror: true, endSessions: false });
  expect(isDue(announced, at(29))).toBe(false);
  expect(isDue(announced, at(30))).toBe(true);
});

test('an announcement does not put off what is due already', () => {
  expect(isDue(announce(mirrorAndEndSessions(an, now), now), now)).toBe(true);
});

test('a change is due at once', () => {
  expect(isDue(mirror(announce(an, now), now), now)).toBe(true);
  expect(isDue(endSessions(an, now), now)).toBe(true);
  expect(mirrorAndEndSessions(an, now)).toMatchObject({ mirror: true, endSessions: true });
});

test('sessions that are to end are not forgotten by a later gift', () => {
  expect(mirror(mirrorAndEndSessions(an, now), now)).toMatchObject({ endSessions: true, mirror: true });
});

test('what one process has claimed is due for nobody else, until the claim runs out', () => {
  const claimed = claim(mirror(an, now), now);
  expect(isDue(claimed, at(59))).toBe(false);
  expect(isDue(claimed, at(60))).toBe(true);
});

test('a change during a claim waits for the one who has it and makes him start over', () => {
  const changed = mirrorAndEndSessions(claim(mirror(an, now), now), at(1));
  expect(isDue(changed, at(1))).toBe(false);
  expect(isDue(startOver(changed), at(1))).toBe(true);
  expect(startOver(changed)).toMatchObject({ mirror: true, endSessions: true });
});

test('finished work leaves nothing due but a look at the mirror a day later', () => {
  const finished = finish(claim(mirrorAndEndSessions(an, now), now), now);
  expect(finished).toEqual({ ...an, version: 3, mirror: true, dueTime: at(24 * 3600) });
  expect(isDue(finished, at(24 * 3600 - 1))).toBe(false);
});

test('failed rounds come again after 1, 2, 4 and more seconds, at most five minutes, and lose nothing', () => {
  let person: Person = claim(mirrorAndEndSessions(an, now), now);
  const waits: number[] = [];
  for (let round = 0; round < 40; round += 1) {
    person = postpone(person, now);
    waits.push(((person.dueTime?.getTime() ?? 0) - now.getTime()) / 1000);
    expect(person).toMatchObject({ mirror: true, endSessions: true, claimedUntil: null });
  }
  expect(waits.slice(0, 10)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
  expect(waits.at(-1)).toBe(300);
});

test('every step counts one version, so that no two of them can both be committed', () => {
  const steps = [announce, mirror, endSessions, mirrorAndEndSessions, claim, finish, startOver, postpone];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...steps)), (taken) => {
      expect(taken.reduce((person, step) => step(person, now), an).version).toBe(taken.length);
    }),
  );
});
