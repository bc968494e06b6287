import { protoDirectory } from '../../src/root.ts';
import { lint } from './lint-fixture.ts';
import { lintProtos } from './lint.ts';

test('the contracts of the portal have no fault', () => {
  expect(lintProtos(protoDirectory)).toEqual([]);
});

test('a file that keeps all rules passes', () => {
  expect(lint()).toEqual([]);
});
