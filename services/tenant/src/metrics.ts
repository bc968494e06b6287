import type { Logger, Metrics } from '@portal/runtime';

/** One helper per business event: its counter and its log line cannot drift apart. */
export function createTenantMetrics(metrics: Metrics) {
  const unitsCreated = metrics.counter('portal_tenant_units_created_total', 'Units created.');
  const hostsBound = metrics.counter('portal_tenant_hosts_bound_total', 'Host names bound to a unit.');
  const sitesLaunched = metrics.counter('portal_tenant_sites_launched_total', 'Sites put on line.');
  return {
    unitCreated(log: Logger, unit: { unitId: string; parentId: string; typeCode: string }): void {
      unitsCreated.inc();
      log.info({ unitId: unit.unitId, parentId: unit.parentId, typeCode: unit.typeCode }, 'unit created');
    },
    hostBound(log: Logger, binding: { unitId: string; host: string; canonical: boolean }): void {
      hostsBound.inc();
      log.info({ unitId: binding.unitId, host: binding.host, canonical: binding.canonical }, 'host bound');
    },
    siteLaunched(log: Logger, site: { unitId: string }): void {
      sitesLaunched.inc();
      log.info({ unitId: site.unitId }, 'site launched');
    },
  };
}

export type TenantMetrics = ReturnType<typeof createTenantMetrics>;
