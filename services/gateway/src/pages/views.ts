import type * as views from '../views/index.tsx';

/** Functions from plain values to whole HTML documents. */
export type Views = typeof views;

/** Loads the built views. Rejects, naming the cure, when they were not built. */
export async function loadViews(): Promise<Views> {
  const built = new URL('../../build/views.js', import.meta.url);
  try {
    return (await import(built.href)) as Views;
  } catch (cause) {
    throw new Error('the views of the gateway are not built: run services/gateway/scripts/build.ts', { cause });
  }
}
