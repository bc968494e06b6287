import { createLogger, createMetrics } from '@portal/runtime';
import { createContentMetrics } from '../src/metrics.ts';

const registry = createMetrics('content');
const metrics = createContentMetrics(registry);
const post = { unitId: 'u1', postId: 'p1' };

test.each<[keyof typeof metrics, string, string]>([
  ['postCreated', 'portal_content_posts_created_total', 'post created'],
  ['postPublished', 'portal_content_posts_published_total', 'post published'],
  ['postWithdrawn', 'portal_content_posts_withdrawn_total', 'post withdrawn'],
])('%s counts %s and writes one line', async (event, counter, message) => {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  metrics[event](createLogger({ service: 'content', level: 'info', destination }), post);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ level: 'info', msg: message, ...post }),
  ]);
  expect(await registry.render()).toContain(`${counter}{service="content"} 1`);
});
