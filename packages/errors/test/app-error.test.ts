import fc from 'fast-check';
import * as errors from '../src/index.ts';

const { AppError, isAppError, aborted, internal, invalidArgument, notFound, unavailable } = errors;

test('an error is an Error with a stack, and knows its own kind', () => {
  const error = notFound('POST_NOT_FOUND', { message: 'post p1 not found', metadata: { postId: 'p1' } });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: 'AppError',
    kind: 'NOT_FOUND',
    reason: 'POST_NOT_FOUND',
    message: 'post p1 not found',
    metadata: { postId: 'p1' },
  });
  expect(error.stack).toContain('app-error.test.ts');
});

test('what is left out has an empty value, never undefined where a caller would iterate', () => {
  expect(aborted('STALE_VERSION')).toMatchObject({ message: 'STALE_VERSION', metadata: {}, violations: [] });
  expect(aborted('STALE_VERSION').retryAfterMs).toBeUndefined();
  expect('cause' in aborted('STALE_VERSION')).toBe(false);
});

test('the cause is kept, even a false one', () => {
  fc.assert(
    fc.property(fc.anything(), (cause) => {
      const error = internal('INTERNAL', { cause });
      expect('cause' in error).toBe(cause !== undefined);
      expect(error.cause).toBe(cause);
    }),
  );
});

test('violations and the time to wait are carried', () => {
  const violations = [{ field: 'title', reason: 'REQUIRED', description: 'must be set' }];
  expect(invalidArgument('INVALID_REQUEST', { violations }).violations).toEqual(violations);
  expect(unavailable('STORE_UNAVAILABLE', { retryAfterMs: 500 }).retryAfterMs).toBe(500);
});

test('every function of a kind makes that kind', () => {
  const { AppError: _class, isAppError: _guard, ...makers } = errors;
  const kinds = Object.entries(makers).map(([name, make]) => [name, make('X').kind]);
  const upperSnake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  expect(kinds).toEqual(Object.keys(makers).map((name) => [name, upperSnake(name)]));
});

test('nothing else passes for an AppError', () => {
  expect(isAppError(new AppError({ kind: 'ABORTED', reason: 'X' }))).toBe(true);
  for (const other of [new Error('x'), { kind: 'ABORTED', reason: 'X' }, null, undefined, 'ABORTED']) {
    expect(isAppError(other)).toBe(false);
  }
});
