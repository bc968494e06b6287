import { createHash } from 'node:crypto';
import { invalidArgument } from '@portal/errors';
import type { AppError } from '@portal/errors';

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** Ours hold a sort key and an id; anything longer is not ours. */
const maxTokenLength = 2048;

/**
 * An opaque token for the page after `position` (the sort key of the last item) of the list that `query` describes:
 * everything that decides which items are in the list and in what order, without page size and token.
 */
export function encodePageToken(query: object, position: JsonValue): string {
  return Buffer.from(JSON.stringify([fingerprint(query), position])).toString('base64url');
}

/**
 * The position of a token, undefined for the empty token (the first page). A token is not a secret and not signed: what
 * it holds is the caller's input. Objects with `$` keys are refused, the reader checks the rest by its own types.
 * Throws `INVALID_ARGUMENT PAGE_TOKEN_INVALID` for a token that is damaged or belongs to another query.
 */
export function decodePageToken(token: string, query: object): JsonValue | undefined {
  if (token === '') return undefined;
  const content = token.length <= maxTokenLength && /^[\w-]+$/.test(token) ? parse(token) : undefined;
  if (!Array.isArray(content) || content.length !== 2) throw pageTokenInvalid('damaged');
  const [mark, position] = content;
  if (mark !== fingerprint(query)) throw pageTokenInvalid('of another query');
  if (position === undefined || holdsOperator(position)) throw pageTokenInvalid('damaged');
  return position;
}

function parse(token: string): JsonValue | undefined {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as JsonValue;
  } catch {
    return undefined;
  }
}

/** Independent of the order of keys, for requests that were built differently. */
function fingerprint(query: object): string {
  return createHash('sha256').update(stableJson(query)).digest('base64url').slice(0, 16);
}

function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function holdsOperator(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, part]) => key.startsWith('$') || holdsOperator(part));
}

/** The one answer for a token that this list did not give out. */
export function pageTokenInvalid(why: string): AppError {
  const description = `page token ${why}`;
  return invalidArgument('PAGE_TOKEN_INVALID', {
    message: description,
    violations: [{ field: 'pageToken', reason: 'PAGE_TOKEN_INVALID', description }],
  });
}
