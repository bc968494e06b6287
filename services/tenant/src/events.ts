import { etagOf, toJson } from '@portal/contracts';
import type { DomainBinding as DomainBindingMessage } from '@portal/contracts/tenant/v1/DomainBinding';
import type { Site as SiteMessage } from '@portal/contracts/tenant/v1/Site';
import type { Unit as UnitMessage } from '@portal/contracts/tenant/v1/Unit';
import type { Fact } from '@portal/events';
import type { DomainBinding, DomainBindingDecision, DomainBindingFact } from './domain-binding/domain.ts';
import type { Site, SiteDecision, SiteFact } from './site/domain.ts';
import type { Unit, UnitDecision, UnitFact } from './unit/domain.ts';

/** What each fact is called once it is published. */
const unitTypes: Record<UnitFact, string> = { created: 'portal.tenant.unit.created.v1' };
const domainBindingTypes: Record<DomainBindingFact, string> = { bound: 'portal.tenant.domain-binding.bound.v1' };
const siteTypes: Record<SiteFact, string> = {
  created: 'portal.tenant.site.created.v1',
  launched: 'portal.tenant.site.launched.v1',
};

export function unitEvents({ unit, facts }: UnitDecision): Fact[] {
  const data = toJson('portal.tenant.v1.UnitEvent', { unit: unitMessage(unit) });
  return facts.map((fact) => ({ type: unitTypes[fact], data }));
}

export function domainBindingEvents({ binding, facts }: DomainBindingDecision): Fact[] {
  const data = toJson('portal.tenant.v1.DomainBindingEvent', { domainBinding: domainBindingMessage(binding) });
  return facts.map((fact) => ({ type: domainBindingTypes[fact], data }));
}

export function siteEvents({ site, facts }: SiteDecision): Fact[] {
  const data = toJson('portal.tenant.v1.SiteEvent', { site: siteMessage(site) });
  return facts.map((fact) => ({ type: siteTypes[fact], data }));
}

/** The unit as the contract shows it, in events and answers alike. */
export function unitMessage({ version, ...unit }: Unit): UnitMessage {
  return { ...unit, etag: etagOf(version) };
}

export function domainBindingMessage({ version, ...binding }: DomainBinding): DomainBindingMessage {
  return { ...binding, etag: etagOf(version) };
}

export function siteMessage({ version, state, ...site }: Site): SiteMessage {
  return { ...site, state: `SITE_STATE_${state}`, etag: etagOf(version) };
}
