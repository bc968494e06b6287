import { onCleanup } from '@portal/testkit';
import type { RelayInit } from '../src/index.ts';

export type Point = 'afterRead' | 'beforeSend' | 'afterSend';

/** Freezes a relay at the places that matter, as SIGSTOP would, and thaws it or lets it die there. */
export interface Gate {
  hooks: NonNullable<RelayInit['hooks']>;
  /** The relay freezes when it comes there the next time. */
  freezeAt(point: Point): void;
  /** Whether it stands frozen. */
  isFrozen(): boolean;
  /** It goes on, now and wherever it was to freeze. */
  thaw(): void;
}

export function createGate(): Gate {
  let point: Point | undefined;
  let frozen: PromiseWithResolvers<void> | undefined;
  let died = false;
  const pass = (here: Point) => async (): Promise<void> => {
    if (here !== point) return;
    point = undefined;
    frozen = Promise.withResolvers();
    await frozen.promise;
    if (died) throw new Error('the process died here');
  };
  // A relay that was never thawed died at that place; only the tests' end lets its promise go.
  onCleanup(() => {
    died = true;
    frozen?.resolve();
  });
  return {
    hooks: { afterRead: pass('afterRead'), beforeSend: pass('beforeSend'), afterSend: pass('afterSend') },
    freezeAt(at) {
      point = at;
    },
    isFrozen: () => frozen !== undefined,
    thaw() {
      point = undefined;
      frozen?.resolve();
      frozen = undefined;
    },
  };
}
