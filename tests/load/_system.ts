import { mkdirSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startStack } from '@portal/local';
import type { Stack } from '@portal/local';
import { createPortal, schoolHost } from '../e2e/_portal.ts';
import type { Portal, Post } from '../e2e/_portal.ts';
import { startNode } from './_load.ts';
import type { Target } from './_load.ts';

export interface MeasuredGateway extends Target {
  portal: Portal;
  stop(): Promise<void>;
}

/** What the benches measure: a stack of their own with the services and the demo data. */
export interface System {
  stack: Stack;
  /** A further gateway on that stack, a process of its own with its access lines in a file and limits out of the way. */
  startGateway(env?: Record<string, string>): Promise<MeasuredGateway>;
  stop(): Promise<void>;
}

const gatewayMain = fileURLToPath(new URL('../../services/gateway/src/main.ts', import.meta.url));

export async function startSystem(): Promise<System> {
  const stack = await startStack({ services: true });
  const { ports, env: servers, dir } = stack;
  const started: MeasuredGateway[] = [];

  return {
    stack,
    async startGateway(env = {}) {
      const port = await freePort();
      const own = {
        MONGO_URL: servers.MONGO_URL,
        KAFKA_BROKERS: servers.KAFKA_BROKERS,
        OIDC_ISSUER: `${servers.KEYCLOAK_URL}/realms/portal`,
        MONGO_DATABASE: `gateway-${port}`,
        HTTP_ADDRESS: `127.0.0.1:${port}`,
        METRICS_ADDRESS: `127.0.0.1:${await freePort()}`,
        ROOT_DOMAIN: 'hcm.localhost',
        TENANT_ADDRESS: `127.0.0.1:${ports.tenant}`,
        IDENTITY_ADDRESS: `127.0.0.1:${ports.identity}`,
        CONTENT_ADDRESS: `127.0.0.1:${ports.content}`,
        PUBLIC_REQUESTS_PER_SECOND: '1000000000',
        API_REQUESTS_PER_SECOND: '1000000000',
      };
      mkdirSync(join(dir, 'logs'), { recursive: true });
      const lines = openSync(join(dir, 'logs', `gateway-${port}.log`), 'a');
      const child = startNode([gatewayMain], { PATH: process.env.PATH, ...own, ...env }, lines);
      const portal = createPortal({ dir, ports: { ...ports, gateway: port } });
      const gateway = { port, pid: child.pid, host: schoolHost, portal, stop: () => child.stop() };
      started.push(gateway);
      await until(async () => (await portal.page(schoolHost, '/')).status === 200, 'the gateway serves the school');
      return gateway;
    },
    async stop() {
      for (const gateway of started) await gateway.stop();
      await stack.stop();
    },
  };
}

const author = 'root.thbinhkhanh';

/** Drafts of the demo school, written one after the other. */
export async function createDrafts({ portal }: MeasuredGateway, count: number): Promise<Post[]> {
  const posts = `/api/v1/units/${await portal.schoolId()}/posts`;
  const body = Array.from({ length: 12 }, () => paragraph).join('\n\n');
  const drafts: Post[] = [];
  for (let n = 1; n <= count; n += 1) {
    const title = `Thông báo số ${n} về việc tổ chức hoạt động ngoại khóa`;
    const draft = await portal.api<{ post: Post }>(author, 'POST', posts, { title, body });
    drafts.push(draft.body.post);
  }
  return drafts;
}

/** Publishes posts of the demo school, one after the other. */
export async function publishPosts(gateway: MeasuredGateway, count: number): Promise<Post[]> {
  const published: Post[] = [];
  for (const { unitId, postId, etag } of await createDrafts(gateway, count)) {
    const path = `/api/v1/units/${unitId}/posts/${postId}:publish`;
    const answer = await gateway.portal.api<{ post: Post }>(author, 'POST', path, { etag });
    published.push(answer.body.post);
  }
  return published;
}

/** Waits until `check` holds. Throws an Error naming `what` after a minute. */
export async function until(check: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`waited a minute in vain: ${what}`);
    await pause(20);
  }
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const paragraph =
  'Nhà trường trân trọng thông báo đến quý phụ huynh học sinh kế hoạch tổ chức hoạt động ngoại khóa trong tháng này. ' +
  'Học sinh tham gia đăng ký với giáo viên chủ nhiệm trước ngày 15 và có mặt đúng giờ tại sân trường.';
