import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Schema, trusted } from '@portal/mongo';
import type { Model, Mongo } from '@portal/mongo';
import type { Component, Logger } from '@portal/runtime';
import type { LastGoodPages } from './page-cache.ts';
import { packGzipped } from './packed-page.ts';
import type { PackedPage } from './packed-page.ts';

/** A page kept for the day its service is away. */
interface StoredPage {
  /** Hash of the cache key, which is longer than an index key may be. */
  _id: string;
  path: string;
  tags: string[];
  etag: string;
  /** Bytes of the document uncompressed. */
  length: number;
  gzip: Buffer;
  renderedAt: Date;
}

/** A page that nobody has asked for in this time is not kept any longer. */
const keptForS = 30 * 86_400;
/** A page kept again unchanged is written again only after this long. */
const rewriteAfterMs = 6 * 3_600_000;
const maxPageBytes = 512 * 1024;
/** Work waiting for the store; more is let go, but never an eviction. */
const maxQueue = 200;
const retryMs = 1_000;
const stopMs = 2_000;
/** A visitor waits for this after having waited for the render. */
const findTimeoutMs = 1_000;
/** Pages of which this process knows that they are kept as they are. */
const maxRemembered = 20_000;

const storedPages = new Schema<StoredPage>(
  {
    _id: String,
    path: String,
    tags: { type: [String], index: true },
    etag: String,
    length: Number,
    gzip: Buffer,
    renderedAt: { type: Date, index: { expireAfterSeconds: keptForS } },
  },
  { collection: 'last_good_pages', versionKey: false },
);

/** Pages kept at most, and how many writes come between two looks at their number. */
const defaultLimits = { maxPages: 100_000, trimEvery: 1_000 };

interface Work {
  run: () => Promise<unknown>;
  /** Tag to be evicted; undefined for a page to be kept. */
  evicts: string | undefined;
}

/**
 * The last good copy of every page, in the gateway's own database, bounded by age, number and size. Writes and
 * evictions go to the store one after another in the order of the calls, so that a copy written just before an
 * eviction goes with it. An eviction is tried until it is done, and until then none of its pages is given out.
 */
export function createLastGoodPages(
  mongo: Mongo,
  log: Logger,
  { maxPages, trimEvery } = defaultLimits,
): LastGoodPages<PackedPage> & Component {
  const pages: Model<StoredPage> = mongo.model<StoredPage>('LastGoodPage', storedPages);
  const known = new Map<string, { state: string; writtenAt: number }>();
  const queue: Work[] = [];
  let working: Promise<void> | undefined;
  let stopped = false;
  let written = 0;

  const idOf = (key: string): string => createHash('sha256').update(key).digest('base64url');

  async function work(): Promise<void> {
    while (queue.length > 0 && !stopped) {
      const [next] = queue as [Work];
      try {
        await next.run();
      } catch (error) {
        log.warn({ err: error, evicts: next.evicts }, 'last good pages could not be written');
        if (next.evicts !== undefined) {
          // What waits behind it may only be written after it.
          await setTimeout(retryMs, undefined, { ref: false });
          continue;
        }
      }
      queue.shift();
    }
    working = undefined;
  }

  function enqueue(job: Work): void {
    queue.push(job);
    working ??= work();
  }

  async function write(id: string, page: PackedPage, renderedAt: number): Promise<void> {
    const { path, tags, etag, length, gzip } = page;
    const state = { path, tags: [...tags], etag, length, gzip, renderedAt: new Date(renderedAt) };
    await pages.replaceOne({ _id: id }, state, { upsert: true });
    written += 1;
    if (written % trimEvery === 0) await trim();
  }

  /** Lets the longest unseen pages go when there are too many. */
  async function trim(): Promise<void> {
    const excess = (await pages.estimatedDocumentCount()) - maxPages;
    if (excess <= 0) return;
    const oldest = await pages.find({}, { _id: 1 }).sort({ renderedAt: 1 }).limit(excess).lean();
    await pages.deleteMany({ _id: trusted({ $in: oldest.map(({ _id }) => _id) }) });
  }

  return {
    name: 'last-good-pages',

    async find(key) {
      try {
        const query = pages.findById(idOf(key)).maxTimeMS(findTimeoutMs).exec();
        // A frozen store answers nothing, not even that the time is over.
        const stored = await Promise.race([query, setTimeout(findTimeoutMs, null, { ref: false })]);
        query.catch(() => undefined);
        if (stored === null) return undefined;
        const { path, tags, etag, length, gzip, renderedAt } = stored;
        if (queue.some(({ evicts }) => evicts !== undefined && tags.includes(evicts))) return undefined;
        const page = packGzipped({
          path,
          tags: [...tags],
          etag,
          length,
          gzip: Buffer.from(gzip),
          status: 200,
          keep: true,
        });
        return { page, renderedAt: renderedAt.getTime() };
      } catch (error) {
        log.warn({ err: error }, 'last good page could not be read');
        return undefined;
      }
    },

    keep(key, page, renderedAt) {
      if (page.gzip.length > maxPageBytes || queue.length >= maxQueue) return;
      const id = idOf(key);
      const state = [page.etag, page.path, ...page.tags].join(' ');
      const before = known.get(id);
      if (before?.state === state && renderedAt - before.writtenAt < rewriteAfterMs) return;
      if (known.size >= maxRemembered) known.clear();
      known.set(id, { state, writtenAt: renderedAt });
      enqueue({
        evicts: undefined,
        run: async () => {
          try {
            await write(id, page, renderedAt);
          } catch (error) {
            known.delete(id);
            throw error;
          }
        },
      });
    },

    evict(tag) {
      // Which of the known pages carry the tag is not known here; all may be written again.
      known.clear();
      enqueue({ evicts: tag, run: () => pages.deleteMany({ tags: tag }) });
    },

    async stop() {
      // One more moment for what is under way, so that the last evictions are not lost with the process.
      await Promise.race([working, setTimeout(stopMs, undefined, { ref: false })]);
      stopped = true;
    },
  };
}
