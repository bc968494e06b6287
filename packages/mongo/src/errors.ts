import type { AppError } from '@portal/errors';

export function mapMongoError(_error: unknown): AppError {
  throw new Error('not built yet');
}
