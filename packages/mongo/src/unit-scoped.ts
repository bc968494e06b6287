import type { AnySchema } from './types.ts';

export function unitScoped(_schema: AnySchema): void {
  throw new Error('not built yet');
}
