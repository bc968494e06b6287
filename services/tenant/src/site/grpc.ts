import { unitNotFound } from '@portal/authz';
import { assertEtag } from '@portal/contracts';
import type { Handlers } from '@portal/contracts';
import type { TenantServiceDefinition } from '@portal/contracts/tenant/v1/TenantService';
import type { Store } from '@portal/events';
import { authorOf } from '@portal/runtime';
import type { CallContext, Clock } from '@portal/runtime';
import type { DomainBindingStore } from '../domain-binding/store.ts';
import { siteMessage } from '../events.ts';
import type { TenantMetrics } from '../metrics.ts';
import { launchSite } from './domain.ts';
import type { Site } from './domain.ts';
import type { SiteStore } from './store.ts';

interface SiteDeps {
  sites: SiteStore;
  bindings: DomainBindingStore;
  commit: Store['commit'];
  clock: Clock;
  metrics: TenantMetrics;
}

type SiteHandlers = Pick<Handlers<TenantServiceDefinition, CallContext>, 'getSite' | 'launchSite'>;

export function createSiteHandlers({ sites, bindings, commit, clock, metrics }: SiteDeps): SiteHandlers {
  const getSite = async (unitId: string): Promise<Site> => {
    const site = await sites.find(unitId);
    // Every unit has a site: without one there is no such unit.
    if (site === undefined) throw unitNotFound(unitId);
    return site;
  };

  return {
    async getSite({ unitId }) {
      return { site: siteMessage(await getSite(unitId)) };
    },

    async launchSite({ unitId, etag }, call) {
      const site = await getSite(unitId);
      assertEtag(etag, site.version);
      // Bindings are for ever, so a host that is there now is there when the commit lands.
      const hosts = await bindings.listOfUnit(unitId);
      const launched = launchSite(site, hosts.length, clock.now());
      await commit([sites.change(launched)], authorOf(call));
      metrics.siteLaunched(call.log, launched.site);
      return { site: siteMessage(launched.site) };
    },
  };
}
