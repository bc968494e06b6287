import { contentContract, tenantContract, toJson } from '@portal/contracts';
import type { ContentServiceDefinition } from '@portal/contracts/content/v1/ContentService';
import type { Post } from '@portal/contracts/content/v1/Post';
import type { TenantServiceDefinition } from '@portal/contracts/tenant/v1/TenantService';
import { notFound } from '@portal/errors';
import { createGrpcServer, createMetrics, implement, newId } from '@portal/runtime';
import type { CallContext, GrpcServer, Implementation, Service } from '@portal/runtime';
import { createFacts, eventually, onCleanup, serviceConfig, silentLogger, testNames } from '@portal/testkit';
import type { TestNames } from '@portal/testkit';
import type { GatewayConfig } from '../src/config.ts';
import { createGatewayService } from '../src/service.ts';
import { ask } from './_http.ts';
import type { Answer, Ask } from './_http.ts';

const nobody = { kind: 'anonymous' } as const;

/** A gRPC server of a contract's own shape with the rpcs given; the others answer that they are not there. */
async function serveContract(service: string, implementation: Implementation, address = '127.0.0.1:0') {
  const server = createGrpcServer({
    service,
    address,
    implementations: [implementation],
    authorize: () => Promise.resolve(nobody),
    log: silentLogger,
    metrics: createMetrics(service),
    drainTimeoutMs: 200,
  });
  await server.start?.();
  server.setServing(true);
  onCleanup(() => server.stop?.());
  return server;
}

/** Handlers of which only some are written: whoever calls another one is told so. */
function only<H extends object>(handlers: Partial<H>): H {
  return new Proxy(handlers, {
    get: (written, name) =>
      (written as Record<string | symbol, unknown>)[name] ?? (() => Promise.reject(notFound('NOT_HERE'))),
  }) as H;
}

type ContentHandlers = Parameters<typeof implement<ContentServiceDefinition>>[1];
type TenantHandlers = Parameters<typeof implement<TenantServiceDefinition>>[1];

/** The content service as far as pages see it: what is in `posts` is what it answers. */
export async function startContent() {
  const posts = new Map<string, Post>();
  const calls: string[] = [];
  let gate: Promise<void> | undefined;
  const published = (unitId: string): Post[] =>
    [...posts.values()]
      .filter((post) => post.unitId === unitId && post.state === 'POST_STATE_PUBLISHED')
      .sort((left, right) => (right.publishTime?.getTime() ?? 0) - (left.publishTime?.getTime() ?? 0));

  const handlers = only<ContentHandlers>({
    async getPublishedPost({ unitId, postId }) {
      calls.push(`post ${postId}`);
      const post = published(unitId).find((each) => each.postId === postId);
      await gate;
      if (post === undefined) throw notFound('POST_NOT_FOUND');
      return { post };
    },
    async listPublishedPosts({ unitId, pageSize, pageToken }) {
      calls.push(`list ${unitId}`);
      const from = Number(pageToken || '0');
      const all = published(unitId);
      await gate;
      const next = from + pageSize < all.length ? String(from + pageSize) : '';
      return { posts: all.slice(from, from + pageSize), nextPageToken: next };
    },
  });
  const implementation = implement(contentContract, handlers);
  let server: GrpcServer | undefined = await serveContract('content', implementation);
  const address = server.address();

  return {
    address,
    posts,
    calls,
    /** Answers wait until the result is called. */
    hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return () => {
        gate = undefined;
        resolve();
      };
    },
    async stop(): Promise<void> {
      await server?.stop?.();
      server = undefined;
    },
    async startAgain(): Promise<void> {
      server = await serveContract('content', implementation, address);
    },
  };
}

export type ContentStandIn = Awaited<ReturnType<typeof startContent>>;

/** The tenant service as far as the API's way to it goes: it answers with what it was asked and by whom. */
export async function startTenant(): Promise<{ address: string; calls: CallContext[] }> {
  const calls: CallContext[] = [];
  const handlers = only<TenantHandlers>({
    getUnit({ unitId }, call) {
      calls.push(call);
      if (unitId === 'missing') return Promise.reject(notFound('UNIT_NOT_FOUND', { metadata: { unitId } }));
      if (unitId === 'slow') return new Promise(() => undefined);
      return Promise.resolve({ unit: { unitId, officialName: 'Trường Tiểu học Bình Khánh', etag: '1' } });
    },
    createUnit({ officialName }, call) {
      calls.push(call);
      return Promise.resolve({ unit: { unitId: 'new', officialName } });
    },
  });
  const server = await serveContract('tenant', implement(tenantContract, handlers));
  return { address: server.address(), calls };
}

export interface Gateway {
  service: Service;
  address(): string;
  get(path: string, options?: Ask): Promise<Answer>;
  stop(): Promise<void>;
}

export async function startGateway(names: TestNames, config: Partial<GatewayConfig>): Promise<Gateway> {
  const nowhere = '127.0.0.1:1';
  const service = await createGatewayService(
    {
      ...serviceConfig(names),
      httpAddress: '127.0.0.1:0',
      rootDomain: 'test.localhost',
      publicOrigin: 'https://*',
      tenantAddress: nowhere,
      identityAddress: nowhere,
      contentAddress: nowhere,
      pageCacheMegabytes: 8,
      publicRequestsPerSecond: 10_000,
      apiRequestsPerSecond: 10_000,
      ...config,
    },
    { log: silentLogger },
  );
  onCleanup(() => service.stop());
  await service.start();
  return {
    service,
    address: () => service.address(),
    get: (path, options) => ask(service.address(), path, options),
    stop: () => service.stop(),
  };
}

/** What tenant and content publish, for a test file's own topics. */
export function createPublisher(url: string) {
  const names = testNames(url);
  const facts = createFacts(names);
  const versions = new Map<string, number>();
  const publish = async (topic: string, key: string, type: string, message: string, data: object): Promise<void> => {
    const version = (versions.get(`${topic} ${key}`) ?? 0) + 1;
    versions.set(`${topic} ${key}`, version);
    await facts.publishState(topic, key, version, type, toJson(message, data));
  };
  const now = new Date('2026-09-04T17:30:00Z');

  return {
    names,
    async unit(unitId: string, officialName: string, parentId = ''): Promise<void> {
      const unit = { unitId, parentId, typeCode: 'TH', officialName, createTime: now, updateTime: now };
      await publish('portal.tenant.unit.v1', unitId, 'portal.tenant.unit.created.v1', 'portal.tenant.v1.UnitEvent', {
        unit,
      });
    },
    async host(host: string, unitId: string, canonical = true): Promise<void> {
      const domainBinding = { host, unitId, canonical, createTime: now };
      const type = 'portal.tenant.domain-binding.bound.v1';
      await publish('portal.tenant.domain-binding.v1', host, type, 'portal.tenant.v1.DomainBindingEvent', {
        domainBinding,
      });
    },
    async site(unitId: string, state: 'SITE_STATE_DRAFT' | 'SITE_STATE_LIVE'): Promise<void> {
      const site = { unitId, state, updateTime: now };
      const type = 'portal.tenant.site.launched.v1';
      await publish('portal.tenant.site.v1', unitId, type, 'portal.tenant.v1.SiteEvent', { site });
    },
    async post(post: Post): Promise<void> {
      const type = `portal.content.post.${post.state.slice('POST_STATE_'.length).toLowerCase()}.v1`;
      await publish('portal.content.post.v1', post.postId, type, 'portal.content.v1.PostEvent', { post });
    },
  };
}

export type Publisher = ReturnType<typeof createPublisher>;

/** Somebody's school with a live site: its host, and its posts as content has and publishes them. */
export async function openSchool(publisher: Publisher, content: ContentStandIn, name = 'Trường Tiểu học Bình Khánh') {
  const unitId = newId();
  const host = `th${unitId.slice(0, 8)}.test.localhost`;
  await publisher.unit(unitId, name);
  await publisher.host(host, unitId);
  await publisher.site(unitId, 'SITE_STATE_LIVE');
  let minute = 0;

  const change = async (post: Post, state: Post['state']): Promise<Post> => {
    const next = { ...post, state, etag: String(Number(post.etag) + 1) };
    content.posts.set(post.postId, next);
    await publisher.post(next);
    return next;
  };

  return {
    unitId,
    host,
    async publish(title: string, body = 'Kính mời quý phụ huynh.\n\nTrân trọng.'): Promise<Post & { path: string }> {
      const postId = newId();
      minute += 1;
      const time = new Date(Date.UTC(2026, 8, 4, 17, 30 + minute));
      const slug = `bai-viet-thu-${postId}`;
      const times = { publishTime: time, createTime: time, updateTime: time };
      const draft: Post = {
        postId,
        unitId,
        state: 'POST_STATE_DRAFT',
        title,
        body,
        excerpt: body.slice(0, 20),
        slug,
        ...times,
        etag: '1',
      };
      return { ...(await change(draft, 'POST_STATE_PUBLISHED')), path: `/bai-viet/${slug}` };
    },
    withdraw: (post: Post) => change(post, 'POST_STATE_WITHDRAWN'),
    rename: (post: Post, title: string) => change({ ...post, title }, 'POST_STATE_PUBLISHED'),
  };
}

/** Waits until the gateway shows what is expected of it. */
export async function shows(
  gateway: Gateway,
  host: string,
  path: string,
  check: (answer: Answer) => boolean,
): Promise<Answer> {
  return eventually(async () => {
    const answer = await gateway.get(path, { host });
    return check(answer) && answer;
  });
}
