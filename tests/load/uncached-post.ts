import { request } from 'node:http';
import { Agent } from 'node:http';
import { cpuSecondsOf, resultOf } from './_load.ts';
import type { LoadResult, Target } from './_load.ts';
import { thousands } from './_report.ts';
import type { Row } from './_report.ts';
import { publishPosts, until } from './_system.ts';
import type { System } from './_system.ts';

const goal = 250;
const posts = 200;
const settings = { connections: 16, seconds: 10 };

/**
 * A post's page rendered anew each time: one rpc to content, which reads one document by its id, and the render.
 * Many posts in random order, so that hardly ever two requests share a render.
 */
export async function benchUncachedPost(system: System): Promise<Row[]> {
  const gateway = await system.startGateway({ PAGE_CACHE_MEGABYTES: '0' });
  try {
    const published = await publishPosts(gateway, posts);
    const paths = published.map(({ slug }) => `/bai-viet/${slug}`);
    const last = paths.at(-1) ?? '';
    await until(async () => (await gateway.portal.page(gateway.host, last)).status === 200, 'the posts are shown');
    const { perSecond, perCpuSecond, p99Ms } = await loadRandom(gateway, paths);
    return [
      {
        what: 'uncached post page, one process',
        value: `${thousands(perSecond)}/s, p99 ${p99Ms.toFixed(0)} ms, ${thousands(perCpuSecond)} per CPU second of the gateway`,
        goal: { text: `≥ ${goal}/s`, met: perSecond >= goal },
      },
    ];
  } finally {
    await gateway.stop();
  }
}

/** Some connections, each asking for one random page after the other. */
async function loadRandom(target: Target, paths: readonly string[]): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: settings.connections });
  const latencies: number[] = [];
  const cpuBefore = cpuSecondsOf(target.pid);
  const end = performance.now() + settings.seconds * 1000;
  const visit = async (): Promise<void> => {
    while (performance.now() < end) {
      const path = paths[Math.floor(Math.random() * paths.length)] ?? '/';
      const startedAt = performance.now();
      await get(target, path, agent);
      latencies.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: settings.connections }, visit));
  agent.destroy();
  latencies.sort((left, right) => left - right);
  const p99 = latencies[Math.floor(latencies.length * 0.99)] ?? NaN;
  return resultOf(latencies.length, settings.seconds, cpuSecondsOf(target.pid) - cpuBefore, p99);
}

async function get({ port, host }: Target, path: string, agent: Agent): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const headers = { host, 'accept-encoding': 'gzip' };
  const sent = request({ host: '127.0.0.1', port, path, headers, agent }, (response) => {
    response.resume();
    response.on('end', () => {
      if (response.statusCode === 200) resolve();
      else reject(new Error(`${path} answered ${response.statusCode}`));
    });
  });
  sent.on('error', reject);
  sent.end();
  return promise;
}
