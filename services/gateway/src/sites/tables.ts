import { fromJson } from '@portal/contracts';
import type { DomainBindingEvent } from '@portal/contracts/tenant/v1/DomainBindingEvent';
import type { SiteEvent } from '@portal/contracts/tenant/v1/SiteEvent';
import type { UnitEvent } from '@portal/contracts/tenant/v1/UnitEvent';
import { createTable } from '@portal/events';
import type { Table } from '@portal/events';

export interface UnitState {
  unitId: string;
  /** Empty for a unit directly under the platform. */
  parentId: string;
  officialName: string;
}

interface BindingState {
  host: string;
  unitId: string;
  canonical: boolean;
}

interface SiteRecord {
  unitId: string;
  live: boolean;
  updateTime: Date | null;
}

/** What the gateway knows of tenant's data; hand all three to the follower. */
export interface SiteTables {
  /** By host. */
  bindings: Table<BindingState>;
  /** By unit id. */
  sites: Table<SiteRecord>;
  /** By unit id. */
  units: Table<UnitState>;
}

export function createSiteTables(): SiteTables {
  return {
    bindings: createTable<BindingState>({
      topic: 'portal.tenant.domain-binding.v1',
      decode: (data) => {
        const event = fromJson('portal.tenant.v1.DomainBindingEvent', data, {
          unknown: 'ignore',
        }) as DomainBindingEvent;
        if (event.domainBinding === null) throw new Error('domain binding event without a domain binding');
        const { host, unitId, canonical } = event.domainBinding;
        return { host, unitId, canonical };
      },
    }),
    sites: createTable<SiteRecord>({
      topic: 'portal.tenant.site.v1',
      decode: (data) => {
        const { site } = fromJson('portal.tenant.v1.SiteEvent', data, { unknown: 'ignore' }) as SiteEvent;
        if (site === null) throw new Error('site event without a site');
        // A state that this release does not know is not shown to the public.
        return { unitId: site.unitId, live: site.state === 'SITE_STATE_LIVE', updateTime: site.updateTime };
      },
    }),
    units: createTable<UnitState>({
      topic: 'portal.tenant.unit.v1',
      decode: (data) => {
        const { unit } = fromJson('portal.tenant.v1.UnitEvent', data, { unknown: 'ignore' }) as UnitEvent;
        if (unit === null) throw new Error('unit event without a unit');
        const { unitId, parentId, officialName } = unit;
        return { unitId, parentId, officialName };
      },
    }),
  };
}
