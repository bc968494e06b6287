import { createSite, launchSite } from '../src/site/domain.ts';

const created = new Date('2026-09-01T00:00:00Z');
const launched = new Date('2026-09-02T00:00:00Z');
const draft = createSite('u1', created).site;
const live = launchSite(draft, 1, launched).site;

test('a site begins as a draft', () => {
  expect(createSite('u1', created)).toEqual({
    site: { unitId: 'u1', state: 'DRAFT', launchTime: null, updateTime: created, version: 1 },
    facts: ['created'],
  });
});

test('a draft with a host goes live', () => {
  expect(launchSite(draft, 2, launched)).toEqual({
    site: { unitId: 'u1', state: 'LIVE', launchTime: launched, updateTime: launched, version: 2 },
    facts: ['launched'],
  });
});

test.each([
  ['a draft without a host', draft, 0, 'SITE_WITHOUT_HOST'],
  ['a live site', live, 1, 'SITE_ALREADY_LIVE'],
  ['a live site, whatever its hosts,', live, 0, 'SITE_ALREADY_LIVE'],
])('%s is not launched', (_name, site, hostCount, reason) => {
  expect(() => launchSite(site, hostCount, launched)).toThrow(
    expect.objectContaining({ kind: 'FAILED_PRECONDITION', reason, metadata: { unitId: 'u1' } }),
  );
});
