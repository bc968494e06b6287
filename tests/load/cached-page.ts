import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load, startNode } from './_load.ts';
import type { LoadResult, Target } from './_load.ts';
import { median, thousands } from './_report.ts';
import type { Row } from './_report.ts';
import { freePort, until } from './_system.ts';
import type { System } from './_system.ts';

const goal = 0.6;
const rounds = 5;
const settings = { connections: 32, seconds: 3 };

/**
 * The home page out of the cache, with its access line, against node:http with the same bytes. Both are loaded in turn
 * and each pair gives a ratio, so that whatever else the machine does falls on both alike.
 */
export async function benchCachedPage(system: System): Promise<Row[]> {
  const gateway = await system.startGateway();
  const plain = await startPlain(gateway, system.stack.dir);
  try {
    const pairs: [LoadResult, LoadResult][] = [];
    for (let round = 0; round < rounds; round += 1) {
      pairs.push([await load(plain, '/', settings), await load(gateway, '/', settings)]);
    }
    const ratio = median(pairs.map(([base, page]) => page.perCpuSecond / base.perCpuSecond));
    const of = (index: 0 | 1, figure: 'perSecond' | 'perCpuSecond') =>
      thousands(median(pairs.map((pair) => pair[index][figure])));
    return [
      { what: 'node:http, same bytes', value: `${of(0, 'perSecond')}/s, ${of(0, 'perCpuSecond')} per CPU second` },
      { what: 'cached page', value: `${of(1, 'perSecond')}/s, ${of(1, 'perCpuSecond')} per CPU second` },
      {
        what: 'cached page over node:http, per CPU second',
        value: ratio.toFixed(2),
        goal: { text: `≥ ${goal}`, met: ratio >= goal },
      },
    ];
  } finally {
    await plain.stop();
    await gateway.stop();
  }
}

async function startPlain(gateway: Target, dir: string): Promise<Target & { stop(): Promise<void> }> {
  const { headers, body } = await fetchPage(gateway);
  const file = join(dir, 'cached-page.json');
  writeFileSync(file, JSON.stringify({ headers, body: body.toString('base64') }));
  const port = await freePort();
  const program = fileURLToPath(new URL('./plain-server.ts', import.meta.url));
  const child = startNode([program, String(port), file], process.env, 'ignore');
  const target = { port, pid: child.pid, host: gateway.host };
  await until(
    async () =>
      fetchPage(target).then(
        () => true,
        () => false,
      ),
    'the plain server answers',
  );
  return { ...target, stop: () => child.stop() };
}

/** The page as it goes over the wire, without the headers that node:http adds by itself. */
async function fetchPage({ port, host }: Target): Promise<{ headers: IncomingHttpHeaders; body: Buffer }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ headers: IncomingHttpHeaders; body: Buffer }>();
  const wanted = { host, 'accept-encoding': 'gzip' };
  const sent = request({ host: '127.0.0.1', port, path: '/', headers: wanted, agent: false }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => {
      const { date: _, connection: __, 'keep-alive': ___, ...headers } = response.headers;
      resolve({ headers, body: Buffer.concat(chunks) });
    });
  });
  sent.on('error', reject);
  sent.end();
  return promise;
}
