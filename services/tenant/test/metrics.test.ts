import { createLogger, createMetrics } from '@portal/runtime';
import { createTenantMetrics } from '../src/metrics.ts';

const registry = createMetrics('tenant');
const metrics = createTenantMetrics(registry);
const unit = { unitId: 'u1', parentId: '', typeCode: 'TH' };
const binding = { unitId: 'u1', host: 'truong.hcm.localhost', canonical: true };

test.each<[keyof typeof metrics, string, object, string]>([
  ['unitCreated', 'portal_tenant_units_created_total', unit, 'unit created'],
  ['hostBound', 'portal_tenant_hosts_bound_total', binding, 'host bound'],
  ['siteLaunched', 'portal_tenant_sites_launched_total', { unitId: 'u1' }, 'site launched'],
])('%s counts %s and writes one line', async (event, counter, fields, message) => {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const log = createLogger({ service: 'tenant', level: 'info', destination });
  (metrics[event] as (log: unknown, fields: object) => void)(log, fields);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ level: 'info', msg: message, ...fields }),
  ]);
  expect(await registry.render()).toContain(`${counter}{service="tenant"} 1`);
});
