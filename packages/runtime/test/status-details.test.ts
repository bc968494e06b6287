import { AppError } from '@portal/errors';
import type { ErrorKind } from '@portal/errors';
import fc from 'fast-check';
import { codeOfKind, kindOfCode } from '../src/grpc-status.ts';
import { statusBytesMax } from '../src/limits.ts';
import { encodeStatusDetails, findStatusDetails } from '../src/status-details.ts';
import { rejection, startStack } from './support.ts';

const kinds: ErrorKind[] = [
  'CANCELLED',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

const reason = fc.stringMatching(/^[A-Z][A-Z0-9]{0,10}(_[A-Z0-9]{1,10}){0,3}$/);
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom('Trường đã có quản trị viên', '100 %', '\u0000\n'),
);
const key = fc.string({ maxLength: 20 }).filter((name) => name !== '__proto__');

const anyError = fc
  .record({
    kind: fc.constantFrom(...kinds),
    reason,
    message: text,
    metadata: fc.dictionary(key, text, { maxKeys: 5, noNullPrototype: true }),
    violations: fc.array(fc.record({ field: fc.string({ maxLength: 30 }), reason, description: text }), {
      maxLength: 5,
    }),
    retryAfterMs: fc.option(fc.nat(1_000_000_000), { nil: undefined }),
  })
  .map(
    ({ retryAfterMs, ...init }) => new AppError({ ...init, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }),
  );

const plain = ({ kind, reason, metadata, violations, retryAfterMs }: AppError): object => ({
  kind,
  reason,
  metadata,
  violations,
  retryAfterMs,
});

test('every kind has a gRPC status of its own and comes back from it', () => {
  expect(kinds.map((kind) => kindOfCode(codeOfKind(kind)))).toEqual(kinds);
  expect([2, 17, -1].map(kindOfCode)).toEqual(['INTERNAL', 'INTERNAL', 'INTERNAL']);
});

test('an error survives its encoding', () => {
  fc.assert(
    fc.property(anyError, (error) => {
      const decoded = findStatusDetails(encodeStatusDetails(error, 'content'));
      expect(decoded && plain(decoded)).toEqual(plain(error));
      expect(decoded?.message).toBe(error.message);
    }),
  );
});

test('an error thrown in a handler is the error a client catches', async () => {
  let next = new AppError({ kind: 'ABORTED', reason: 'X' });
  const stack = await startStack(() => {
    throw next;
  });
  await fc.assert(
    fc.asyncProperty(
      // Faults of ours are hidden on purpose, and a read answered UNAVAILABLE is tried again.
      anyError.filter(({ kind }) => kind !== 'INTERNAL' && kind !== 'UNAVAILABLE'),
      async (error) => {
        next = error;
        const caught = await rejection(stack.client.getPost({ unitId: 'u', postId: 'p' }, { timeoutMs: 5_000 }));
        expect(caught).toBeInstanceOf(AppError);
        expect(plain(caught as AppError)).toEqual(plain(error));
      },
    ),
  );
  await stack.stop();
});

test('an error too large for the trailers keeps its kind and reason and as many violations as fit', async () => {
  const violations = Array.from({ length: 10_000 }, (_, index) => ({
    field: `blocks[${index}].text`,
    reason: 'TOO_LONG',
    description: 'has 400 characters, at most 300 are allowed',
  }));
  const metadata = { note: 'ệ'.repeat(10_000) };
  const message = '\ud800'.repeat(10_000);
  const many = new AppError({ kind: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST', message, violations });
  const wide = new AppError({ kind: 'ABORTED', reason: 'STALE', metadata, violations });
  const stack = await startStack(({ unitId }) => {
    throw unitId === 'many' ? many : wide;
  });

  const first = await rejection(stack.client.getPost({ unitId: 'many', postId: 'p' }, { timeoutMs: 5_000 }));
  const second = await rejection(stack.client.getPost({ unitId: 'wide', postId: 'p' }, { timeoutMs: 5_000 }));
  await stack.stop();

  expect(encodeStatusDetails(many, 'content').length).toBeLessThanOrEqual(statusBytesMax);
  expect(first).toMatchObject({ kind: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' });
  expect((first as AppError).violations.length).toBeGreaterThan(20);
  expect((first as AppError).violations).toEqual(violations.slice(0, (first as AppError).violations.length));
  expect(second).toMatchObject({ kind: 'ABORTED', reason: 'STALE', metadata: {}, violations: [] });
});

test('bytes that are no status of ours are told apart, never thrown at', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const found = findStatusDetails(bytes);
      expect(found === undefined || found instanceof AppError).toBe(true);
    }),
  );
  expect(findStatusDetails(new Uint8Array())).toBeUndefined();
});
