/** May return a promise. */
type Work = () => unknown;

const works: Work[] = [];

// Jest takes hooks only while it reads a file, so the one hook is set when the file imports the testkit.
afterAll(async () => {
  const errors: unknown[] = [];
  for (const work of works.splice(0).reverse()) {
    try {
      await work();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, 'cleaning up after the tests of this file failed');
});

/** Runs `work` after the last test of the file, the latest registered first. For use anywhere, even inside a test. */
export function onCleanup(work: Work): void {
  works.push(work);
}
