import { createMetrics } from '../src/index.ts';

test('the process is measured from the start, labelled with the service', async () => {
  const text = await createMetrics('tenant').render();
  for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds', 'nodejs_heap_size_used_bytes']) {
    expect(text).toMatch(new RegExp(`^${name}\\{service="tenant"\\} `, 'm'));
  }
});

test('asking twice gives one metric; another registry has its own', async () => {
  const metrics = createMetrics('tenant');
  const ask = () => metrics.counter('portal_tenant_hosts_bound_total', 'Hosts bound', ['kind']);
  ask().inc({ kind: 'alias' });
  ask().inc({ kind: 'alias' });
  metrics.gauge('portal_tenant_units_known', 'Units known').set(7);
  metrics.histogram('portal_tenant_search_seconds', 'Search').observe(0.2);
  const text = await metrics.render();
  expect(text).toContain('portal_tenant_hosts_bound_total{kind="alias",service="tenant"} 2');
  expect(text).toContain('portal_tenant_units_known{service="tenant"} 7');
  expect(text).toContain('portal_tenant_search_seconds_bucket{le="0.25",service="tenant"} 1');
  expect(await createMetrics('content').render()).not.toContain('portal_tenant');
});

test.each(['hosts_total', 'portal_total', 'portal_Tenant_x_total', 'portal_tenant_hosts', 'portal_tenant_hosts-total'])(
  'a counter named %s is refused',
  (name) => {
    expect(() => createMetrics('tenant').counter(name, 'x')).toThrow(`metric ${name}`);
  },
);

test.each(['unit_id', 'unitId', 'id', 'url', 'path', 'host', 'username'])(
  'a label %s is refused: it has no bound',
  (label) => {
    expect(() => createMetrics('tenant').gauge('portal_tenant_x_count', 'x', [label])).toThrow(/has no bound/);
  },
);
