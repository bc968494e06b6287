import type { Clock } from '@portal/runtime';

export interface FakeClock extends Clock {
  advance(ms: number): void;
  set(time: Date | string): void;
}

/** A clock that stands still until it is moved. */
export function fakeClock(start: Date | string = '2025-09-05T00:00:00Z'): FakeClock {
  let time = new Date(start).getTime();
  return {
    now: () => new Date(time),
    advance(ms) {
      time += ms;
    },
    set(to) {
      time = new Date(to).getTime();
    },
  };
}
