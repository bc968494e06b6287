import { once } from 'node:events';
import { connect } from 'node:net';
import { createMetrics, createOpsServer } from '../src/index.ts';
import type { OpsServer } from '../src/index.ts';

let live = true;
let components = [{ name: 'mongo', ready: true }];
let server: OpsServer;
let base = '';

beforeEach(async () => {
  live = true;
  components = [{ name: 'mongo', ready: true }];
  server = createOpsServer({
    address: '127.0.0.1:0',
    metrics: createMetrics('tenant'),
    live: () => live,
    ready: () => components,
  });
  await server.start?.();
  base = `http://127.0.0.1:${server.port()}`;
});
afterEach(() => server.stop?.());

test('/metrics speaks the text format of Prometheus', async () => {
  const response = await fetch(`${base}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await response.text()).toContain('process_cpu_seconds_total{service="tenant"}');
});

test('/healthz follows liveness', async () => {
  expect((await fetch(`${base}/healthz`)).status).toBe(200);
  live = false;
  expect((await fetch(`${base}/healthz`)).status).toBe(503);
});

test('/readyz names what is not ready', async () => {
  const ready = await fetch(`${base}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([200, { ready: true, components }]);
  components = [...components, { name: 'relay', ready: false }];
  const notReady = await fetch(`${base}/readyz`);
  expect([notReady.status, await notReady.json()]).toEqual([503, { ready: false, components }]);
});

test('nothing else is answered', async () => {
  expect((await fetch(`${base}/`)).status).toBe(404);
  expect((await fetch(`${base}/metrics/../x?/metrics`)).status).toBe(404);
  expect((await fetch(`${base}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405);
  expect((await fetch(`${base}/metrics`, { headers: { x: 'y'.repeat(10_000) } })).status).toBe(431);
});

test('it stops though a scraper keeps its connection open, and may be stopped twice', async () => {
  const socket = connect(server.port(), '127.0.0.1');
  await once(socket, 'connect');
  await server.stop?.();
  await server.stop?.();
  expect(server.ready?.()).toBe(false);
});

test('a taken port is an error at start', async () => {
  const second = createOpsServer({
    address: `127.0.0.1:${server.port()}`,
    metrics: createMetrics('x'),
    live: () => true,
    ready: () => [],
  });
  await expect(second.start?.()).rejects.toThrow(/EADDRINUSE/);
  await second.stop?.();
});
