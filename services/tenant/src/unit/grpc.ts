import { unitNotFound } from '@portal/authz';
import type { Handlers } from '@portal/contracts';
import type { TenantServiceDefinition } from '@portal/contracts/tenant/v1/TenantService';
import type { Store } from '@portal/events';
import { authorOf } from '@portal/runtime';
import type { CallContext, Clock } from '@portal/runtime';
import { unitMessage } from '../events.ts';
import type { TenantMetrics } from '../metrics.ts';
import { createSite } from '../site/domain.ts';
import type { SiteStore } from '../site/store.ts';
import { createUnit } from './domain.ts';
import type { Unit } from './domain.ts';
import type { UnitStore } from './store.ts';

interface UnitDeps {
  units: UnitStore;
  sites: SiteStore;
  commit: Store['commit'];
  clock: Clock;
  newId: () => string;
  metrics: TenantMetrics;
}

type UnitHandlers = Pick<Handlers<TenantServiceDefinition, CallContext>, 'createUnit' | 'getUnit' | 'listUnits'>;

const defaultPageSize = 50;

export function createUnitHandlers({ units, sites, commit, clock, newId, metrics }: UnitDeps): UnitHandlers {
  return {
    async createUnit(request, call) {
      if (request.parentId !== '') await getUnit(units, request.parentId);
      const now = clock.now();
      const created = createUnit(request, now, newId());
      // In one commit: no unit is ever seen without its site.
      const site = createSite(created.unit.unitId, now);
      await commit([units.change(created), sites.change(site)], authorOf(call));
      metrics.unitCreated(call.log, created.unit);
      return { unit: unitMessage(created.unit) };
    },

    async getUnit({ unitId }) {
      return { unit: unitMessage(await getUnit(units, unitId)) };
    },

    async listUnits({ parentId, pageSize, pageToken }) {
      if (parentId !== '') await getUnit(units, parentId);
      const page = await units.listChildren(parentId, { pageSize: pageSize || defaultPageSize, pageToken });
      return { units: page.items.map(unitMessage), nextPageToken: page.nextPageToken };
    },
  };
}

/** Throws NOT_FOUND `UNIT_NOT_FOUND`, the answer for a unit that the caller may not know of too. */
export async function getUnit(units: UnitStore, unitId: string): Promise<Unit> {
  const unit = await units.find(unitId);
  if (unit === undefined) throw unitNotFound(unitId);
  return unit;
}
