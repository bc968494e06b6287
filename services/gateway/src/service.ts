import { contentContract, identityContract, tenantContract } from '@portal/contracts';
import { createFollower, createKafka } from '@portal/events';
import { createMongo } from '@portal/mongo';
import { createGrpcClient, createLogger, createMetrics, createOpsServer, createService } from '@portal/runtime';
import type { CallOptions, Component, Logger, Service } from '@portal/runtime';
import { createAdminApp } from './api/app.ts';
import { createGuard } from './api/guard.ts';
import { createTranscoder } from './api/transcoder.ts';
import { loadAssets } from './assets.ts';
import type { GatewayConfig } from './config.ts';
import { createPostTail, purgeOnSiteChanges } from './events.ts';
import type { Purge } from './events.ts';
import { createAccessLog } from './http/access-log.ts';
import { createResponder } from './http/exchange.ts';
import { createHandler } from './http/handler.ts';
import { createRateLimiter } from './http/rate-limit.ts';
import { createHttpServer } from './http/server.ts';
import { createGatewayMetrics } from './metrics.ts';
import { createLastGoodPages } from './pages/last-good-pages.ts';
import { createPageCache } from './pages/page-cache.ts';
import { createPublicPages } from './pages/public-pages.ts';
import { createRenderer } from './pages/render.ts';
import { loadViews } from './pages/views.ts';
import { createSites } from './sites/sites.ts';
import { createSiteTables } from './sites/tables.ts';

const name = 'gateway';

export interface GatewayOverrides {
  log?: Logger;
  /** Where access lines go, several at a time; standard output by default. */
  writeAccessLines?: (lines: string) => void;
}

/** Puts the gateway together; nothing connects or listens before `start`. Rejects when the views are not built. */
export async function createGatewayService(config: GatewayConfig, overrides: GatewayOverrides = {}): Promise<Service> {
  const { log = createLogger({ service: name, level: config.logLevel }) } = overrides;
  const { writeAccessLines = (lines: string) => process.stdout.write(lines) } = overrides;
  const registry = createMetrics(name);
  const metrics = createGatewayMetrics(registry);
  const accessLog = createAccessLog(
    config.logLevel === 'info' || isVerbose(config) ? writeAccessLines : () => undefined,
  );
  const responder = createResponder(accessLog, metrics, log);

  // The services behind us.
  const client = <D>(contract: Parameters<typeof createGrpcClient<D>>[0]['contract'], address: string) =>
    createGrpcClient<D>({ contract, address, caller: name, log, metrics: registry });
  const tenant = client(tenantContract, config.tenantAddress);
  const identity = client(identityContract, config.identityAddress);
  const content = client(contentContract, config.contentAddress);
  const clients: Component = {
    name: 'clients',
    stop: () => {
      for (const each of [tenant, identity, content]) each.close();
      return Promise.resolve();
    },
  };

  // Pages: rendered once, kept until what they show changes.
  const mongo = createMongo({ url: config.mongoUrl, database: config.mongoDatabase ?? name, appName: name, log });
  const lastGood = createLastGoodPages(mongo, log);
  const maxBytes = config.pageCacheMegabytes * 1_048_576;
  const cache = createPageCache({ now: Date.now, maxBytes, lastGood });
  const assets = loadAssets();
  const renderer = createRenderer({
    views: await loadViews(),
    assets: { stylesheet: assets.pathOf('site.css'), icon: assets.pathOf('icon.svg') },
    content,
    originOf: (host) => config.publicOrigin.replace('*', host),
  });
  const publicPages = createPublicPages({ cache, renderer, responder, metrics, log });

  // Hosts and sites, and what makes pages old: followed from Kafka.
  const kafka = createKafka({
    brokers: config.kafkaBrokers,
    clientId: name,
    topicPrefix: config.topicPrefix,
    partitions: config.topicPartitions,
    log,
  });
  const purge: Purge = (tag, mode) => {
    metrics.purged(mode);
    cache.purge(tag, mode);
  };
  const tables = createSiteTables();
  purgeOnSiteChanges(tables, purge);
  const follower = createFollower({
    kafka,
    mongo,
    service: name,
    name: 'sites',
    tables: Object.values(tables),
    tails: [createPostTail(purge)],
    log,
    metrics: registry,
  });

  // The API and the way to it.
  const serveAdmin = createAdminApp({
    guard: createGuard({ issuer: config.oidcIssuer, audience: config.oidcAudience }),
    transcoder: createTranscoder<CallOptions>([
      { contract: tenantContract, client: tenant },
      { contract: identityContract, client: identity },
      { contract: contentContract, client: content },
    ]),
    responder,
    sessionLimiter: createRateLimiter(burstOf(config.apiRequestsPerSecond)),
    strangerLimiter: createRateLimiter(burstOf(config.apiRequestsPerSecond)),
    doorLimiter: createRateLimiter(burstOf(config.publicRequestsPerSecond)),
    door: await renderer.adminDoor(),
    missing: await renderer.error(404),
    log,
  });
  const handle = await createHandler({
    sites: createSites(tables, `quantri.${config.rootDomain}`),
    sitesReady: () => follower.ready(),
    assets,
    publicPages,
    renderer,
    responder,
    rateLimiter: createRateLimiter(burstOf(config.publicRequestsPerSecond)),
    serveAdmin,
  });
  const server = createHttpServer({
    address: config.httpAddress,
    handle,
    onRefused: (status) => {
      metrics.answered('refused', status, 0);
    },
  });

  const ops = createOpsServer({
    address: config.metricsAddress,
    metrics: registry,
    live: () => true,
    ready: () => service.readiness(),
  });
  const kafkaConnection: Component = { name: 'kafka', stop: () => kafka.stop() };
  // Without its store the gateway still serves every page: it stays ready.
  const store: Component = { name: mongo.name, start: () => mongo.start(), stop: () => mongo.stop() };
  const service = createService({
    service: name,
    log,
    components: [ops, accessLog, store, kafkaConnection, lastGood, clients, follower, server],
    address: () => server.address(),
  });
  return service;
}

function isVerbose({ logLevel }: GatewayConfig): boolean {
  return logLevel === 'debug' || logLevel === 'trace';
}

/** Five seconds' worth may come at once: a page brings its files along, a class opens a site together. */
function burstOf(perSecond: number): { perSecond: number; burst: number } {
  return { perSecond, burst: perSecond * 5 };
}
