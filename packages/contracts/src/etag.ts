import { aborted } from '@portal/errors';

/** The etag of a version of an aggregate. Callers keep it as it is and send it back. */
export function etagOf(version: number): string {
  return `v${version}`;
}

/** Throws ABORTED `STALE_VERSION` when the aggregate has changed since the caller read it. */
export function assertEtag(etag: string, version: number): void {
  if (etag === etagOf(version)) return;
  throw aborted('STALE_VERSION', { message: `etag ${JSON.stringify(etag)} is not ${etagOf(version)}` });
}
