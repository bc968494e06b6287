import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyChecksums } from '../artifacts.ts';

const folder = mkdtempSync(join(tmpdir(), 'portal-artifacts-'));
afterAll(() => rmSync(folder, { recursive: true }));

// sha256 of "one\n" and "two\n"
const one = '2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806';
const two = '27dd8ed44a83ff94d557f9fd0412ed5a8cbca69ea04922d88c01184a07300a5a';

function fetched(files: Record<string, string>, list: string): () => void {
  const target = mkdtempSync(join(folder, 'fetched-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(target, name), content);
  const listFile = join(folder, 'list.sha256');
  writeFileSync(listFile, list);
  return () => verifyChecksums(target, listFile);
}

test('exactly the listed files with the listed content are accepted', () => {
  expect(fetched({ 'a.jar': 'one\n', 'b.jar': 'two\n' }, `${one}  a.jar\n${two}  b.jar\n`)).not.toThrow();
});

test.each([
  ['a changed file', { 'a.jar': 'two\n' }, `${one}  a.jar\n`, /a\.jar has the checksum 27dd8ed4/],
  ['a missing file', {}, `${one}  a.jar\n`, /missing: a\.jar/],
  ['a file too many', { 'a.jar': 'one\n', 'evil.jar': 'two\n' }, `${one}  a.jar\n`, /evil\.jar is not listed/],
])('%s is refused by name', (_, files, list, message) => {
  expect(fetched(files as Record<string, string>, list)).toThrow(message);
});
