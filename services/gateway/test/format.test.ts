import fc from 'fast-check';
import { formatDate, safeHref, toExcerpt, toParagraphs } from '../src/views/format.ts';

it.each([
  ['2026-09-04T16:59:59Z', '04/09/2026'],
  ['2026-09-04T17:00:00Z', '05/09/2026'],
  ['2025-12-31T17:00:00Z', '01/01/2026'],
])('%s is %s in the city', (instant, expected) => {
  expect(formatDate(new Date(instant))).toBe(expected);
});

it('ends a paragraph at an empty line and keeps lines apart', () => {
  expect(toParagraphs('Một\nhai\n\n\n  ba  \n \t\nbốn\n')).toEqual([['Một', 'hai'], ['ba'], ['bốn']]);
  expect(toParagraphs(' \n\n ')).toEqual([]);
});

it('cuts an excerpt between words and never inside a letter', () => {
  expect(toExcerpt('Thông báo\n\nvề   lễ khai giảng', 40)).toBe('Thông báo về lễ khai giảng');
  expect(toExcerpt('Thông báo về lễ khai giảng', 16)).toBe('Thông báo về lễ…');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.integer({ min: 10, max: 100 }), (text, limit) => {
      const excerpt = toExcerpt(text, limit);
      expect(Array.from(excerpt).length).toBeLessThanOrEqual(limit + 1);
      expect(excerpt.isWellFormed() || !text.isWellFormed()).toBe(true);
    }),
  );
});

it.each([
  ['https://a.localhost/', true],
  ['http://a.localhost', true],
  ['/bai-viet/x', true],
  ['//evil.example', false],
  ['javascript:alert(1)', false],
  ['JaVaScRiPt:alert(1)', false],
  [' javascript:alert(1)', false],
  ['data:text/html,x', false],
  ['', false],
])('%j is a link: %s', (href, expected) => {
  expect(safeHref(href) !== undefined).toBe(expected);
});
