import fc from 'fast-check';
import { contentContract } from '../src/contracts.ts';
import { normalizeMessage } from '../src/normalize.ts';
import { validateMessage } from '../src/rules.ts';
import { findTextProblem, normalizeText } from '../src/text.ts';
import type { TextForm } from '../src/text.ts';

const forms: TextForm[] = ['TEXT_LINE', 'TEXT_BLOCK'];
const form = fc.constantFrom(...forms);
const vietnamese = fc.string({ unit: fc.constantFrom(...'aăâbcdđeêghikoôơpqrstuưvxyàảãáạằẵẽễỉọộợửỹỵĐƯỜ 019-–“”.') });
const anyText = fc.oneof(vietnamese, fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));

test.each<[TextForm, string, string]>([
  ['TEXT_LINE', '  Trường\u00A0 Tiểu học   Bình Khánh ', 'Trường Tiểu học Bình Khánh'],
  ['TEXT_LINE', '\uFEFFThông báo', 'Thông báo'],
  ['TEXT_LINE', 'Lễ khai giảng'.normalize('NFD'), 'Lễ khai giảng'],
  // The Windows-1258 way: a letter with its hat, the tone apart.
  ['TEXT_LINE', 'Ti\u00EA\u0301ng Vi\u00EA\u0323t', 'Tiếng Việt'],
  ['TEXT_LINE', 'HÒA hoà', 'HÒA hoà'],
  ['TEXT_BLOCK', '\n  Kính gửi:\r\n\r\n\tcác  trường.\r', 'Kính gửi:\n\n\tcác  trường.'],
])('a %s given as %j is kept as %j', (form, given, kept) => {
  expect(normalizeText(given, form)).toBe(kept);
  expect(findTextProblem(kept, form)).toBeUndefined();
});

test.each<[TextForm, string, string]>([
  ['TEXT_LINE', 'a\u0301\u0302', 'COMBINING_MARK'], // tone before hat: á, then a hat that belongs to nothing
  ['TEXT_BLOCK', 'b\u0301', 'COMBINING_MARK'],
  ['TEXT_LINE', 'hai\ndòng', 'CONTROL_CHARACTER'],
  ['TEXT_LINE', 'thẻ\ttab', 'CONTROL_CHARACTER'],
  ['TEXT_LINE', 'dòng\u2028dòng', 'CONTROL_CHARACTER'],
  ['TEXT_LINE', 'NUL\u0000', 'CONTROL_CHARACTER'],
  ['TEXT_BLOCK', 'ESC\u001B[31m', 'CONTROL_CHARACTER'],
  ['TEXT_BLOCK', 'gi\u1EA3ng\u202Efdp', 'CONTROL_CHARACTER'],
  ['TEXT_BLOCK', 'nửa \uD83D', 'CONTROL_CHARACTER'],
])('a %s holding %j is refused as %s', (form, text, problem) => {
  expect(findTextProblem(normalizeText(text, form), form)).toBe(problem);
});

test('normalising twice changes nothing more', () => {
  fc.assert(
    fc.property(anyText, form, (text, form) => {
      const once = normalizeText(text, form);
      expect(normalizeText(once, form)).toBe(once);
    }),
  );
});

test('the composed and the decomposed form of a text are kept as one', () => {
  fc.assert(
    fc.property(anyText, form, (text, form) => {
      expect(normalizeText(text.normalize('NFD'), form)).toBe(normalizeText(text.normalize('NFC'), form));
    }),
  );
});

test('Vietnamese is always accepted, and no accepted text holds a combining mark, control or outer space', () => {
  fc.assert(
    fc.property(vietnamese, form, (text, form) => {
      expect(findTextProblem(normalizeText(text.normalize('NFD'), form), form)).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(anyText, form, (text, form) => {
      const kept = normalizeText(text, form);
      fc.pre(findTextProblem(kept, form) === undefined);
      expect(kept).toBe(kept.trim());
      expect(kept).not.toMatch(form === 'TEXT_LINE' ? /[\u0300-\u036F\p{Cc}]| {2}/u : /[\u0300-\u036F]|[^\n\t\P{Cc}]/u);
    }),
  );
});

describe('a message', () => {
  const { request } = contentContract.rpcs.find(({ key }) => key === 'createPost')!;
  const problems = (message: object): string[] => {
    normalizeMessage(request, message);
    return validateMessage(request, message).map(({ field, reason }) => `${field} ${reason}`);
  };

  test('is brought to its form field by field, as its rules say', () => {
    const message = { unitId: ' u1', title: ' Ti\u00EA\u0301ng  Việt ', body: 'một\r\n\r\nhai  ba\n' };
    expect(problems(message)).toEqual([]);
    expect(message).toEqual({ unitId: ' u1', title: 'Tiếng Việt', body: 'một\n\nhai  ba' });
  });

  test('is checked as it will be kept', () => {
    expect(problems({ unitId: 'u1', title: ' \u00A0 ', body: 'x' })).toEqual(['title REQUIRED']);
    expect(problems({ unitId: 'u1', title: `${'ế'.normalize('NFD').repeat(300)}  `, body: 'x' })).toEqual([]);
    expect(problems({ unitId: 'u1', title: 'hai\ndòng', body: 'a\u0301\u0302' })).toEqual([
      'title CONTROL_CHARACTER',
      'body COMBINING_MARK',
    ]);
  });
});
