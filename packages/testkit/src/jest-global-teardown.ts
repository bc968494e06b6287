/** Ends the servers that the set-up started. */
export default async function teardown(): Promise<void> {
  await globalThis.portalTestStack?.stop();
}
