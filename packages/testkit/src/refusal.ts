import { isAppError } from '@portal/errors';
import type { AppError } from '@portal/errors';

/** The error a call is refused with. Throws what else it ends with, also a good answer. */
export async function refusalOf(call: Promise<unknown>): Promise<AppError> {
  const thrown = await call.then(
    () => new Error('the call was not refused'),
    (error: unknown) => error,
  );
  if (!isAppError(thrown)) throw thrown;
  return thrown;
}

/**
 * All that a caller learns from a refused call, with the id in question blotted out: equal answers cannot be told apart.
 */
export async function answerAbout(id: string, call: Promise<unknown>): Promise<unknown> {
  const { kind, reason, message, metadata, violations } = await refusalOf(call);
  return JSON.parse(JSON.stringify({ kind, reason, message, metadata, violations }).replaceAll(id, '<id>'));
}
