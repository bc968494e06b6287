import { failedPrecondition } from '@portal/errors';

export type SiteState = 'DRAFT' | 'LIVE';

/** What a unit shows to the public. Every unit has exactly one, so the unit's id is its id. */
export interface Site {
  readonly unitId: string;
  readonly state: SiteState;
  /** Null until the site is live. */
  readonly launchTime: Date | null;
  readonly updateTime: Date;
  /** Number of this state: 1 for the first, one more with every decision. */
  readonly version: number;
}

export type SiteFact = 'created' | 'launched';

export interface SiteDecision {
  readonly site: Site;
  readonly facts: readonly SiteFact[];
}

export function createSite(unitId: string, now: Date): SiteDecision {
  return { site: { unitId, state: 'DRAFT', launchTime: null, updateTime: now, version: 1 }, facts: ['created'] };
}

/** Throws FAILED_PRECONDITION `SITE_ALREADY_LIVE`, or `SITE_WITHOUT_HOST`: nobody could reach such a site. */
export function launchSite(site: Site, hostCount: number, now: Date): SiteDecision {
  const metadata = { unitId: site.unitId };
  if (site.state === 'LIVE') throw failedPrecondition('SITE_ALREADY_LIVE', { metadata });
  if (hostCount === 0) throw failedPrecondition('SITE_WITHOUT_HOST', { metadata });
  return {
    site: { ...site, state: 'LIVE', launchTime: now, updateTime: now, version: site.version + 1 },
    facts: ['launched'],
  };
}
