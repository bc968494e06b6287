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

export function createSettler({ settle, log }: { settle: Settle; log: Logger }): Settler {
  const running = new Set<Promise<void>>();

  return {
    name: 'settler',
    async settleSoon(personId, call) {
      const work = settle(personId)
        .catch((error: unknown) => log.warn({ personId, err: error }, 'settling failed, left to the reconciler'))
        .finally(() => running.delete(work));
      running.add(work);
      const waitMs = Math.max(0, Math.min(waitMaxMs, call.deadlineMs() - reserveMs));
      const enough = new AbortController();
      await Promise.race([work, wait(waitMs, undefined, { signal: enough.signal, ref: false }).catch(() => undefined)]);
      enough.abort();
    },
    async stop() {
      await Promise.allSettled(running);
    },
  };
}
