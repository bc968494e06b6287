import type { Log, AnyModel } from './types.ts';

export interface Watch {
  close(): Promise<void>;
}

const reopenAfterMs = 500;

/**
 * Calls `onInsert` soon after documents were inserted into the collection. A hint and no more: calls may be missing or
 * come together, so the caller polls as well. Reopens its change stream whenever that ends; it does not survive outages
 * of a few seconds.
 */
export function watchInserts(model: AnyModel, onInsert: () => void, log: Log): Watch {
  let closed = false;
  let close = async (): Promise<void> => undefined;
  let timer: NodeJS.Timeout | undefined;

  const reopen = (error?: unknown): void => {
    if (closed || timer !== undefined) return;
    log.debug({ collection: model.collection.collectionName, err: error }, 'change stream ended, reopening');
    void close();
    timer = setTimeout(open, reopenAfterMs);
    timer.unref();
  };

  const open = (): void => {
    timer = undefined;
    try {
      const stream = model.collection.watch([{ $match: { operationType: 'insert' } }], { maxAwaitTimeMS: 1_000 });
      stream.on('change', onInsert);
      stream.on('error', reopen);
      stream.on('close', reopen);
      close = () => stream.close().catch(() => undefined);
    } catch (error) {
      reopen(error);
    }
  };

  open();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await close();
    },
  };
}
