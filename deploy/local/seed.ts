import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { operatorUsername } from './people.ts';
import type { Ports } from './ports.ts';
import { createApi } from './seed-api.ts';
import type { Api } from './seed-api.ts';
import { seedUnits } from './seed-data.ts';
import type { SeedPost, SeedUnit } from './seed-data.ts';
import { createDemoTokens } from './token.ts';
import { rootDomain } from './urls.ts';

export interface SeedOptions {
  /** The stack's own folder. */
  dir: string;
  ports: Ports;
  log: (line: string) => void;
  /** The demo data by default. */
  units?: readonly SeedUnit[];
  /** How long a call is repeated while the platform is not ready for it; 30,000 by default. */
  patienceMs?: number;
}

interface Unit {
  unitId: string;
  officialName: string;
}

interface Post {
  postId: string;
  title: string;
  state: string;
  etag: string;
}

/**
 * Loads the demo data where there is none, through the public REST API with the tokens of demo people. Every step looks
 * first, so one killed in the middle is carried on by the next. A finished load is noted in the stack's folder
 * and never repeated: what a developer has changed since stays changed. Throws Error with the API's answer.
 */
export async function seed(options: SeedOptions): Promise<void> {
  const { dir, ports, log, units: wanted = seedUnits, patienceMs = 30_000 } = options;
  const tokenOf = createDemoTokens(dir, ports);
  const as = (username: string): Api =>
    createApi({ port: ports.gateway, host: `quantri.${rootDomain}`, token: () => tokenOf(username), patienceMs });
  const operator = as(operatorUsername);
  const note = join(dir, 'seeded.json');
  const units = await list<Unit>(operator, '/api/v1/units?parentId=', 'units');
  const seeded = await readNote(note);
  if (units.some(({ unitId }) => unitId === seeded)) return;

  let parentId = '';
  let firstUnitId = '';
  for (const unit of wanted) {
    const unitId = await ensureUnit(operator, parentId, unit, log);
    await ensureHost(operator, unitId, unit.host, log);
    await ensureLive(operator, unitId, unit.host, log);
    await ensureGrant(operator, unitId, unit.rootAdmin, 'ROLE_ROOT_ADMIN', log);
    const rootAdmin = as(unit.rootAdmin);
    for (const { username, role } of unit.grants) await ensureGrant(rootAdmin, unitId, username, role, log);
    for (const post of unit.posts) await ensurePublished(rootAdmin, unitId, post, log);
    parentId = unitId;
    firstUnitId ||= unitId;
  }
  await writeFile(`${note}.new`, JSON.stringify({ unitId: firstUnitId }));
  await rename(`${note}.new`, note);
}

async function ensureUnit(api: Api, parentId: string, wanted: SeedUnit, log: SeedOptions['log']): Promise<string> {
  const { typeCode, officialName, shortName } = wanted;
  const siblings = await list<Unit>(api, `/api/v1/units?parentId=${parentId}`, 'units');
  const found = siblings.find((unit) => unit.officialName === officialName);
  if (found !== undefined) return found.unitId;
  const body = { parentId, typeCode, officialName, shortName };
  const { unit } = await api<{ unit: Unit }>('POST', '/api/v1/units', body);
  log(`seed: ${officialName}`);
  return unit.unitId;
}

async function ensureHost(api: Api, unitId: string, host: string, log: SeedOptions['log']): Promise<void> {
  const path = `/api/v1/units/${unitId}/hosts`;
  const { domainBindings = [] } = await api<{ domainBindings?: Array<{ host: string }> }>('GET', path);
  if (domainBindings.some((binding) => binding.host === host)) return;
  await api('POST', path, { host });
  log(`seed: host ${host}`);
}

async function ensureLive(api: Api, unitId: string, host: string, log: SeedOptions['log']): Promise<void> {
  const path = `/api/v1/units/${unitId}/site`;
  const { site } = await api<{ site: { state: string; etag: string } }>('GET', path);
  if (site.state === 'SITE_STATE_LIVE') return;
  await api('POST', `${path}:launch`, { etag: site.etag });
  log(`seed: site ${host} is live`);
}

async function ensureGrant(
  api: Api,
  unitId: string,
  username: string,
  role: string,
  log: SeedOptions['log'],
): Promise<void> {
  const path = `/api/v1/units/${unitId}/grants`;
  const grants = await list<{ username: string; role: string }>(api, path, 'grants');
  if (grants.some((grant) => grant.username === username && grant.role === role)) return;
  await api('POST', path, { username, role });
  log(`seed: ${username} is ${role}`);
}

async function ensurePublished(api: Api, unitId: string, wanted: SeedPost, log: SeedOptions['log']): Promise<void> {
  const path = `/api/v1/units/${unitId}/posts`;
  const posts = await list<Post>(api, path, 'posts');
  const found = posts.find((post) => post.title === wanted.title.normalize('NFC'));
  const post = found ?? (await api<{ post: Post }>('POST', path, wanted)).post;
  if (post.state !== 'POST_STATE_DRAFT') return;
  await api('POST', `${path}/${post.postId}:publish`, { etag: post.etag });
  log(`seed: published: ${wanted.title}`);
}

/** All pages of a list. */
async function list<T>(api: Api, path: string, field: string): Promise<T[]> {
  const items: T[] = [];
  let token = '';
  do {
    const query = `${path.includes('?') ? '&' : '?'}pageSize=200&pageToken=${encodeURIComponent(token)}`;
    const page = await api<Record<string, unknown>>('GET', path + query);
    items.push(...((page[field] as T[] | undefined) ?? []));
    token = typeof page['nextPageToken'] === 'string' ? page['nextPageToken'] : '';
  } while (token !== '');
  return items;
}

async function readNote(path: string): Promise<string | undefined> {
  try {
    return (JSON.parse(await readFile(path, 'utf8')) as { unitId: string }).unitId;
  } catch {
    return undefined;
  }
}
