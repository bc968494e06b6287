import type { IncomingMessage } from 'node:http';
import { parseHost } from './host.ts';
import type { HostAndPort } from './host.ts';

/** What a request asks for. Nothing here comes from forwarded headers: whoever sends one could name any host. */
export interface Target extends HostAndPort {
  /** As sent, percent-encoding untouched. */
  path: string;
  /** Without the question mark; empty when there is none. */
  query: string;
}

/** Longer addresses than this are nobody's link. */
const maxUrlLength = 2048;

const absoluteForm = /^https?:\/\/([^/?#]*)(.*)$/i;
// The rest of printable ASCII: a fragment is never sent, a backslash is a slash to some readers only.
const urlPattern = /^[\x21\x22\x24-\x5b\x5d-\x7e]+$/;

/**
 * Target of a request, or the status that refuses it (RFC 9112 sections 3.2 and 3.3: 400 for a missing, repeated or
 * malformed Host; the authority of an absolute-form URL stands in its place).
 */
export function readTarget(request: IncomingMessage): Target | 400 | 414 {
  const { url = '', rawHeaders } = request;
  if (url.length > maxUrlLength) return 414;
  let hostHeader: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (hostHeader !== undefined) return 400;
    hostHeader = rawHeaders[index + 1];
  }
  if (hostHeader === undefined && request.httpVersion !== '1.0') return 400;
  const named = parseHost(hostHeader ?? 'unnamed');
  if (named === undefined || !urlPattern.test(url)) return 400;
  if (url.startsWith('/')) return { ...named, ...splitUrl(url) };
  const [, authority, rest] = absoluteForm.exec(url) ?? [];
  const addressed = authority === undefined ? undefined : parseHost(authority);
  if (addressed === undefined) return 400;
  return { ...addressed, ...splitUrl(rest?.startsWith('/') === true ? rest : `/${rest ?? ''}`) };
}

function splitUrl(url: string): { path: string; query: string } {
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}
