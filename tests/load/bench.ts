// `make bench`: measures and prints the table of docs/performance.md. `make bench ARGS=cached-page` measures one.
import { benchCachedPage } from './cached-page.ts';
import { benchPublishVisible } from './publish-visible.ts';
import { toMarkdown } from './_report.ts';
import type { Row } from './_report.ts';
import { startSystem } from './_system.ts';
import type { System } from './_system.ts';
import { benchUncachedPost } from './uncached-post.ts';

/** One entry per bench. */
const benches: Readonly<Record<string, (system: System) => Promise<Row[]>>> = {
  'cached-page': benchCachedPage,
  'uncached-post': benchUncachedPost,
  'publish-visible': benchPublishVisible,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) throw new Error(`no bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`);

const system = await startSystem();
const rows: Row[] = [];
try {
  for (const [name, bench] of Object.entries(benches)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    process.stderr.write(`${name} …\n`);
    rows.push(...(await bench(system)));
  }
} finally {
  await system.stop();
}
process.stdout.write(`${toMarkdown(rows)}\n`);
if (rows.some(({ goal }) => goal?.met === false)) process.exitCode = 1;
