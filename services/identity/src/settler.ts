import { setTimeout as wait } from 'node:timers/promises';
import type { Component, Logger } from '@portal/runtime';
import type { Settle } from './settle.ts';

export interface Settler extends Component {
  /**
   * Starts settling the person; resolves when it is done or, where Keycloak is slow or away, when the caller should
   * not be kept waiting any longer. The decision is stored: what is left goes on here or in the reconciler.
   */
  settleSoon(personId: string, call: { deadlineMs(): number }): Promise<void>;
}

const waitMaxMs = 2000;
/** Left of the call's time for the answer's way back. */
const reserveMs = 200;
const pollMs = 50;

export function createSettler({ settle, log }: { settle: Settle; log: Logger }): Settler {
  const running = new Set<Promise<void>>();

  /** Until `signal` ends the waiting: another process that got to the work first is waited for as well. */
  const settleOrWait = async (personId: string, signal: AbortSignal): Promise<void> => {
    try {
      while ((await settle(personId)) === 'elsewhere' && !signal.aborted) await wait(pollMs);
    } catch (error) {
      log.warn({ personId, err: error }, 'settling failed, left to the reconciler');
    }
  };

  return {
    name: 'settler',
    async settleSoon(personId, call) {
      const waiting = new AbortController();
      const work = settleOrWait(personId, waiting.signal).finally(() => running.delete(work));
      running.add(work);
      const waitMs = Math.max(0, Math.min(waitMaxMs, call.deadlineMs() - reserveMs));
      const limit = wait(waitMs, undefined, { signal: waiting.signal, ref: false }).catch(() => undefined);
      await Promise.race([work, limit]);
      waiting.abort();
    },
    async stop() {
      await Promise.allSettled(running);
    },
  };
}
