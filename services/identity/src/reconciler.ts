import type { Clock, Component, Logger } from '@portal/runtime';
import type { PersonStore } from './person/store.ts';
import type { Settle } from './settle.ts';

export interface ReconcilerInit {
  /** One instance of the service does this work at a time. */
  lease: { acquire(): Promise<boolean>; remainingMs(): number; release(): Promise<void> };
  people: PersonStore;
  settle: Settle;
  /** Small jobs of every round, by the name they fail under. */
  jobs: Readonly<Record<string, () => Promise<void>>>;
  clock: Clock;
  log: Logger;
  intervalMs?: number;
}

const batch = 50;
/** One person whose document is locked must not keep the others waiting. */
const atOnce = 5;
/** A round goes on only while the lease surely is ours for as long as settling one person may take. */
const leastLeaseMs = 5000;

/** Finds what a crash or an outage left undone: due dates, bootstrap, and people whose work at Keycloak is due. */
export function createReconciler(init: ReconcilerInit): Component {
  const { lease, people, settle, jobs, clock, log, intervalMs = 1000 } = init;
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  let stopped = false;

  const attempt = async (job: string, run: () => Promise<unknown>): Promise<void> => {
    try {
      if (!stopped) await run();
    } catch (error) {
      log.warn({ job, err: error }, 'reconciler job failed, tried again in the next round');
    }
  };

  const settleDue = async (): Promise<void> => {
    const due = await people.listDue(clock.now(), batch);
    while (due.length > 0 && !stopped && lease.remainingMs() > leastLeaseMs) {
      const some = due.splice(0, atOnce);
      await Promise.all(some.map((personId) => attempt('settle', () => settle(personId))));
    }
  };

  const round = async (): Promise<void> => {
    await attempt('lease', async () => {
      if (!(await lease.acquire())) return;
      for (const [name, run] of Object.entries(jobs)) await attempt(name, run);
      await attempt('due', settleDue);
    });
    if (!stopped) schedule();
  };
  const schedule = (): void => {
    timer = setTimeout(() => {
      running = round();
    }, intervalMs);
  };

  return {
    name: 'reconciler',
    start() {
      running = round();
      return Promise.resolve();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
      try {
        await lease.release();
      } catch (error) {
        log.warn({ err: error }, 'lease of the reconciler not released, it runs out by itself');
      }
    },
  };
}
