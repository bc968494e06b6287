import fc from 'fast-check';
import { startOrder } from '../process-spec.ts';
import { createScripts } from './scripts.ts';

const scripts = createScripts();
afterAll(scripts.remove);
const order = (needs: Record<string, string[]>) =>
  startOrder(Object.entries(needs).map(([name, list]) => scripts.spec(name, '', { needs: list }))).map(
    ({ name }) => name,
  );

test('every process comes after all that it needs, and exactly once', () => {
  const graph = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(graph, (lists) => {
      // each needs only earlier ones, but they are given in reverse
      const needs = lists.map((list, at) => (at === 0 ? [] : [...new Set(list.map((value) => `p${value % at}`))]));
      const given = Object.fromEntries(needs.map((list, at) => [`p${at}`, list] as const).toReversed());
      const found = order(given);
      expect(found.toSorted()).toEqual(Object.keys(given).toSorted());
      for (const [name, list] of Object.entries(given)) {
        for (const need of list) expect(found.indexOf(need)).toBeLessThan(found.indexOf(name));
      }
    }),
  );
});

test('a circle of needs is refused, spelled out', () => {
  expect(() => order({ a: ['b'], b: ['c'], c: ['a'] })).toThrow('needs go in a circle: a → b → c → a');
});

test('an unknown need is refused with both names', () => {
  expect(() => order({ a: ['zookeeper'] })).toThrow('a needs zookeeper, which is not in the stack');
});
