import { createHash } from 'node:crypto';
import { gunzipSync, gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { securityHeaders } from '../http/security-headers.ts';
import type { Cacheable } from './page-cache.ts';

const gzipAsync = promisify(gzip);

/** A rendered document, compressed once and ready to be sent to everybody. */
export interface PackedPage extends Cacheable {
  readonly status: number;
  /** The one path this page should be asked for by; empty for pages of no path of their own. */
  readonly path: string;
  readonly etag: string;
  /** Bytes of the document itself. */
  readonly length: number;
  readonly gzip: Buffer;
  /** Names and values in turn, complete but for what differs from request to request. */
  readonly gzipHeaders: readonly string[];
  readonly identityHeaders: readonly string[];
  readonly notModifiedHeaders: readonly string[];
}

export interface PageInit {
  status: number;
  path?: string;
  tags?: readonly string[];
  validUntil?: number | undefined;
  lifetimeMs?: number | undefined;
  /** May be shown when a render fails; false by default. */
  keep?: boolean;
}

/** Compresses a document. The same document gives the same etag. */
export async function packPage(html: string, init: PageInit): Promise<PackedPage> {
  const body = Buffer.from(html);
  const compressed = await gzipAsync(body, { level: 6 });
  return packGzipped({ ...init, gzip: compressed, length: body.length, etag: etagOfBody(body) });
}

export interface GzippedPage extends PageInit {
  gzip: Buffer;
  length: number;
  etag: string;
}

/** A page out of its stored parts. Headers are never stored: they are those of the running release. */
export function packGzipped({ gzip: compressed, length, etag, ...init }: GzippedPage): PackedPage {
  const { status, path = '', tags = [], validUntil, lifetimeMs, keep = false } = init;
  const isOk = status === 200;
  const shared = [
    ...securityHeaders,
    ...['vary', 'accept-encoding', 'cache-control', isOk ? 'public, max-age=0, must-revalidate' : 'no-store'],
    ...(isOk ? ['etag', etag] : []),
  ];
  const typed = [...shared, 'content-type', 'text/html; charset=utf-8'];
  return {
    ...{ status, path, etag, length, tags, validUntil, lifetimeMs, keep, gzip: compressed },
    gzipHeaders: [...typed, 'content-encoding', 'gzip', 'content-length', String(compressed.length)],
    identityHeaders: [...typed, 'content-length', String(length)],
    notModifiedHeaders: shared,
    // The headers' texts are mostly shared; their arrays are not.
    bytes: compressed.length + 1_500,
  };
}

/** The document uncompressed, for the few clients that take nothing else. */
export function unpackPage(page: PackedPage): Buffer {
  return gunzipSync(page.gzip);
}

/** Weak: it stands for the document in every encoding (RFC 9110 section 8.8.1). */
function etagOfBody(body: Buffer): string {
  return `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}

const refusesGzip = /(?:^|[\s,])(?:x-)?gzip\s*;\s*q=0(?:\.0{0,3})?\s*(?:,|$)/i;
const takesGzip = /(?:^|[\s,])(?:x-)?gzip\s*(?:[,;]|$)/i;

/** Whether the Accept-Encoding header takes gzip. */
export function acceptsGzip(header: string | undefined): boolean {
  return header !== undefined && takesGzip.test(header) && !refusesGzip.test(header);
}

/** Whether If-None-Match names the etag, compared weakly (RFC 9110 section 13.1.2). */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header === etag || header === '*') return true;
  const opaque = etag.slice(2);
  return header.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === opaque);
}
