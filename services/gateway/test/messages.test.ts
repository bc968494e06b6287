import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '@portal/errors';
import type { ErrorKind } from '@portal/errors';
import { toProblem } from '../src/api/problem.ts';
import { catalogues, chooseLanguage, textOf } from '../src/messages/catalogue.ts';
import { en } from '../src/messages/en.ts';
import { vi } from '../src/messages/vi.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Every reason that some code of ours throws, but for faults of ours. */
function thrownReasons(): Set<string> {
  const folders = ['packages', 'services'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(root, parent, name, 'src')),
  );
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true }).map((file) => join(folder, String(file))),
  );
  const factories =
    'invalidArgument|notFound|alreadyExists|failedPrecondition|aborted|unauthenticated|permissionDenied|resourceExhausted|unavailable';
  const thrown = new RegExp(`(?:${factories})\\(\\s*'([A-Z][A-Z_]+)'`, 'g');
  return new Set(
    files
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(thrown)].map(([, reason]) => reason as string)),
  );
}

it('has a text in Vietnamese and English for every reason that is thrown', () => {
  const reasons = thrownReasons();
  expect(reasons.size).toBeGreaterThan(20);
  const missing = [...reasons].filter((reason) => !(reason in vi.reasons) || !(reason in en.reasons));
  expect(missing).toEqual([]);
});

it('says in English what it says in Vietnamese, with the same values filled in', () => {
  const shape = (texts: Readonly<Record<string, { title: string; detail: string }>>) =>
    Object.entries(texts).map(([reason, { detail }]) => [reason, [...detail.matchAll(/\{\w+\}/g)].map(String).sort()]);
  expect(shape(en.reasons)).toEqual(shape(vi.reasons));
  expect(Object.keys(en.violations)).toEqual(Object.keys(vi.violations));
  expect(Object.keys(en.kinds)).toEqual(Object.keys(vi.kinds));
});

it('is written in composed letters', () => {
  const text = JSON.stringify(catalogues);
  expect(text.normalize('NFC')).toBe(text);
});

it.each([
  [undefined, 'vi'],
  ['', 'vi'],
  ['vi-VN,vi;q=0.9,en;q=0.8', 'vi'],
  ['en', 'en'],
  ['en-US,en;q=0.9', 'en'],
  ['fr, en;q=0.5, vi;q=0.4', 'en'],
  ['en;q=0.5, vi', 'vi'],
  ['de', 'vi'],
  ['en;q=nonsense', 'vi'],
])('Accept-Language %s reads %s', (header, language) => {
  expect(chooseLanguage(header)).toBe(language);
});

it('fills metadata in and leaves a mark where it is missing', () => {
  const error = (metadata: Record<string, string>) =>
    new AppError({ kind: 'ALREADY_EXISTS', reason: 'HOST_TAKEN', metadata });
  expect(textOf(error({ host: 'a.localhost' }), 'en').detail).toBe('The host name a.localhost is bound to a unit.');
  expect(textOf(error({}), 'en').detail).toBe('The host name … is bound to a unit.');
});

describe('problem details', () => {
  const errors: Record<ErrorKind, AppError> = {
    CANCELLED: new AppError({ kind: 'CANCELLED', reason: 'CANCELLED' }),
    INVALID_ARGUMENT: new AppError({
      kind: 'INVALID_ARGUMENT',
      reason: 'INVALID_REQUEST',
      violations: [
        { field: 'title', reason: 'TOO_LONG', description: 'at most 300' },
        { field: 'x', reason: 'NEW_RULE', description: 'unknown to the catalogue' },
      ],
    }),
    DEADLINE_EXCEEDED: new AppError({ kind: 'DEADLINE_EXCEEDED', reason: 'DEADLINE_EXCEEDED' }),
    NOT_FOUND: new AppError({ kind: 'NOT_FOUND', reason: 'UNIT_NOT_FOUND', metadata: { unitId: 'u1' } }),
    ALREADY_EXISTS: new AppError({ kind: 'ALREADY_EXISTS', reason: 'HOST_TAKEN', metadata: { host: 'a.localhost' } }),
    PERMISSION_DENIED: new AppError({
      kind: 'PERMISSION_DENIED',
      reason: 'PERMISSION_MISSING',
      metadata: { permission: 'content.post.write' },
    }),
    RESOURCE_EXHAUSTED: new AppError({ kind: 'RESOURCE_EXHAUSTED', reason: 'RATE_LIMITED', retryAfterMs: 1_200 }),
    FAILED_PRECONDITION: new AppError({ kind: 'FAILED_PRECONDITION', reason: 'SITE_WITHOUT_HOST' }),
    ABORTED: new AppError({ kind: 'ABORTED', reason: 'STALE_VERSION' }),
    OUT_OF_RANGE: new AppError({ kind: 'OUT_OF_RANGE', reason: 'REASON_OF_TOMORROW' }),
    UNIMPLEMENTED: new AppError({
      kind: 'UNIMPLEMENTED',
      reason: 'METHOD_NOT_ALLOWED',
      metadata: { allow: 'GET, HEAD' },
    }),
    INTERNAL: new AppError({
      kind: 'INTERNAL',
      reason: 'UNIT_SCOPE_MISSING',
      message: 'collection posts',
      metadata: { q: 'x' },
    }),
    UNAVAILABLE: new AppError({ kind: 'UNAVAILABLE', reason: 'SERVICE_UNAVAILABLE', retryAfterMs: 1_000 }),
    DATA_LOSS: new AppError({ kind: 'DATA_LOSS', reason: 'CHECKSUM', message: 'disk 3' }),
    UNAUTHENTICATED: new AppError({ kind: 'UNAUTHENTICATED', reason: 'TOKEN_EXPIRED' }),
  };

  it.each(Object.keys(errors) as ErrorKind[])('of %s', (kind) => {
    expect(toProblem(errors[kind], 'r-1', 'vi')).toMatchSnapshot('vi');
    expect(toProblem(errors[kind], 'r-1', 'en')).toMatchSnapshot('en');
  });

  it('of what nobody foresaw tell nothing of it', () => {
    const problem = toProblem(new TypeError('cannot read secret of undefined'), 'r-1', 'en');
    expect(problem.status).toBe(500);
    expect(JSON.stringify(problem)).not.toContain('secret');
    expect(JSON.stringify(toProblem(errors.INTERNAL, 'r-1', 'en'))).not.toMatch(/SCOPE|posts/);
  });
});
