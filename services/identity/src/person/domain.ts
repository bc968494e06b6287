/**
 * What still has to be done at Keycloak for one person. It is written in the same commit as the change that asks for
 * it, so a crash at any point leaves work that is found again. Every function gives the person's next state.
 */
export interface Person {
  readonly personId: string;
  readonly username: string;
  /** Number of this state; 0 before the first is stored. */
  readonly version: number;
  /** Roles and the `grants` attribute at Keycloak may differ from the grants. */
  readonly mirror: boolean;
  /** Sessions are to be ended. */
  readonly endSessions: boolean;
  /** When to look at it next; null before the first change. */
  readonly dueTime: Date | null;
  /** Until then one process works on it alone: two would overwrite each other at Keycloak in any order. */
  readonly claimedUntil: Date | null;
  /** Rounds that failed in a row. */
  readonly attempts: number;
}

/** Giving writes the role at Keycloak before the grant exists. Nobody tidies that role away while the giver is at it. */
const announcedForMs = 30_000;
/** Longer than all requests of one round together, each with its time-out. */
const claimedForMs = 60_000;
const recheckAfterMs = 24 * 60 * 60_000;
const backOffMs = 1000;
const backOffMaxMs = 5 * 60_000;

const idle = { mirror: false, endSessions: false, dueTime: null, claimedUntil: null, attempts: 0 };

export function newPerson(personId: string, username: string): Person {
  return { personId, username, version: 0, ...idle };
}

/** Before the role is written at Keycloak: should the giver not come back, look at the person later. */
export function announce(person: Person, now: Date): Person {
  const later = after(now, announcedForMs);
  const sooner = person.dueTime !== null && person.dueTime < later;
  return next(person, { mirror: true, dueTime: sooner ? person.dueTime : later });
}

/** The person's grants change in the same commit. */
export function mirror(person: Person, now: Date): Person {
  return next(person, { mirror: true, dueTime: now, attempts: 0 });
}

export function endSessions(person: Person, now: Date): Person {
  return next(person, { endSessions: true, dueTime: now, attempts: 0 });
}

/** A grant is taken in the same commit, by somebody who may cut the person off: no session that had it goes on. */
export function mirrorAndEndSessions(person: Person, now: Date): Person {
  return next(person, { mirror: true, endSessions: true, dueTime: now, attempts: 0 });
}

/** There is work, and nobody is at it. */
export function isDue(person: Person, now: Date): boolean {
  return person.dueTime !== null && person.dueTime <= now && !isClaimed(person, now);
}

export function isClaimed({ claimedUntil }: Person, now: Date): boolean {
  return claimedUntil !== null && claimedUntil > now;
}

export function claim(person: Person, now: Date): Person {
  return next(person, { claimedUntil: after(now, claimedForMs) });
}

/** Everything asked for is done. Once a day it is looked at again: Keycloak may be restored, or changed by hand. */
export function finish(person: Person, now: Date): Person {
  return next(person, { ...idle, mirror: true, dueTime: after(now, recheckAfterMs) });
}

/** More was asked for during the round: what the round wrote may be old already. */
export function startOver(person: Person): Person {
  return next(person, { mirror: true, claimedUntil: null });
}

/** After a failed round: again after 1, 2, 4, … seconds, at most five minutes. */
export function postpone(person: Person, now: Date): Person {
  const waitMs = Math.min(backOffMs * 2 ** person.attempts, backOffMaxMs);
  return next(person, {
    claimedUntil: null,
    attempts: Math.min(person.attempts + 1, 30),
    dueTime: after(now, waitMs),
  });
}

function next(person: Person, change: Partial<Person>): Person {
  return { ...person, ...change, version: person.version + 1 };
}

function after(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}
