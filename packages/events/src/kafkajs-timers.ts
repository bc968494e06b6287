// @ts-expect-error -- no types: it is an inner part of kafkajs.
import requestQueue from 'kafkajs/src/network/requestQueue/index.js';

interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
}

/** kafkajs looks again at requests that a broker's quota or too many others hold back: this often. */
const checkEveryMs = 10;

/**
 * kafkajs 2.2.4 arms a timer of "now minus a year-long number" after every answer, which Node takes as 1 ms: each
 * connection wakes a thousand times a second, also after it was closed, and keeps the process from ending. Nothing has
 * to be looked at again where nothing waits.
 */
const { prototype } = requestQueue as { prototype: RequestQueue & { scheduleCheckPendingRequests(): void } };

prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    Math.max(this.throttledUntil - Date.now(), checkEveryMs),
  );
};
