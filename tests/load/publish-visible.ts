import { setTimeout as pause } from 'node:timers/promises';
import type { Portal, Post } from '../e2e/_portal.ts';
import { thousands } from './_report.ts';
import type { Row } from './_report.ts';
import { createDrafts, until } from './_system.ts';
import type { System } from './_system.ts';

const goalMs = 2_000;
const posts = 200;
/** Posts published per second, evenly. */
const rate = 20;

/**
 * From the acknowledged publish to the moment when a visitor's home page lists the post, the page being visited (and so
 * cached) all the time.
 */
export async function benchPublishVisible(system: System): Promise<Row[]> {
  const gateway = await system.startGateway();
  try {
    const { portal, host } = gateway;
    const drafts = await createDrafts(gateway, posts);
    const acknowledgedAt = new Map<string, number>();
    const visibleAfterMs: number[] = [];
    const watching = watch(portal, host, acknowledgedAt, visibleAfterMs, posts);
    const publishing: Promise<void>[] = [];
    for (const draft of drafts) {
      publishing.push(publish(portal, draft, acknowledgedAt));
      await pause(1000 / rate);
    }
    await Promise.all(publishing);
    await until(() => Promise.resolve(visibleAfterMs.length === posts), 'all posts are on the home page');
    await watching;
    visibleAfterMs.sort((left, right) => left - right);
    const at = (share: number): number => visibleAfterMs[Math.floor((visibleAfterMs.length - 1) * share)] ?? NaN;
    return [
      {
        what: `publish → visible, ${rate} publishes a second`,
        value: `p50 ${thousands(at(0.5))} ms, p95 ${thousands(at(0.95))} ms, longest ${thousands(at(1))} ms`,
        goal: { text: `p95 ≤ ${goalMs} ms`, met: at(0.95) <= goalMs },
      },
    ];
  } finally {
    await gateway.stop();
  }
}

async function publish(portal: Portal, draft: Post, acknowledgedAt: Map<string, number>): Promise<void> {
  const path = `/api/v1/units/${draft.unitId}/posts/${draft.postId}:publish`;
  const { status } = await portal.api('root.thbinhkhanh', 'POST', path, { etag: draft.etag });
  if (status !== 200) throw new Error(`publish answered ${status}`);
  acknowledgedAt.set(draft.postId, performance.now());
}

/** Reloads the home page and notes how long after its acknowledgement each post was first seen there; 0 where before. */
async function watch(
  portal: Portal,
  host: string,
  acknowledgedAt: ReadonlyMap<string, number>,
  visibleAfterMs: number[],
  count: number,
): Promise<void> {
  const seenAt = new Map<string, number>();
  const noted = new Set<string>();
  const deadline = performance.now() + 60_000 + (count / rate) * 1_000;
  while (noted.size < count && performance.now() < deadline) {
    const { text } = await portal.page(host, '/');
    const now = performance.now();
    for (const [, postId = ''] of text.matchAll(/href="\/bai-viet\/[^"]*-([0-9a-f]{24})"/g)) {
      if (!seenAt.has(postId)) seenAt.set(postId, now);
    }
    for (const [postId, at] of acknowledgedAt) {
      const seen = seenAt.get(postId);
      if (seen === undefined || noted.has(postId)) continue;
      noted.add(postId);
      visibleAfterMs.push(Math.max(0, seen - at));
    }
    await pause(5);
  }
}
