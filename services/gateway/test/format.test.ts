import { formatDate, safeHref, toParagraphs } from '../src/views/format.ts';

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
