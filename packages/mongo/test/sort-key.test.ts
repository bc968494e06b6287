import fc from 'fast-check';
import { sortKeyOf } from '../src/sort-key.ts';

const byKey = (a: string, b: string): number =>
  sortKeyOf(a) < sortKeyOf(b) ? -1 : sortKeyOf(a) > sortKeyOf(b) ? 1 : 0;

test.each([
  [['ma', 'mà', 'mả', 'mã', 'má', 'mạ']],
  [['Lê An', 'Lệ An', 'Lễ Bình', 'Lê Cường']],
  [['Dĩ An', 'Duyên', 'Đà Nẵng', 'Điện Biên', 'Đông Hòa', 'Eh']],
  [['a', 'ă', 'â', 'b', 'c', 'd', 'đ', 'e', 'ê', 'g', 'o', 'ô', 'ơ', 'p', 'u', 'ư', 'v']],
  [['Phòng GD&ĐT Quận 2', 'Phòng GD&ĐT Quận 10', 'Phòng GD&ĐT quận Bình Tân']],
  [['Mầm non 9', 'Mầm non 30/4', 'Mầm non 304', 'Mầm non An Thới Đông']],
  [['Trường TH Đông Hoà 1', 'Trường TH Đông Hòa 2', 'Trường TH Đông Hoà 3']],
])('%j is in order', (sorted) => {
  expect([...sorted].reverse().sort(byKey)).toEqual(sorted);
});

test('old and new tone placement have one key, in any case and Unicode form', () => {
  for (const [older, newer] of [
    ['hòa', 'hoà'],
    ['khỏe', 'khoẻ'],
    ['thủy', 'thuỷ'],
    ['HÒA', 'Hoà'],
  ] as const) {
    expect(sortKeyOf(older)).toBe(sortKeyOf(newer.normalize('NFD')));
  }
  expect(sortKeyOf('của')).not.toBe(sortKeyOf('cuả'));
});

test('keys order Vietnamese names as the dictionary of the platform does', () => {
  const collator = new Intl.Collator('vi', { numeric: true, sensitivity: 'accent' });
  const newTone = (text: string): string =>
    text
      .normalize('NFD')
      .replace(/(o)([\u0300\u0301\u0303\u0309\u0323])([ae])/gi, '$1$3$2')
      .replace(/(u)([\u0300\u0301\u0303\u0309\u0323])(y)/gi, '$1$3$2')
      .normalize('NFC');
  const syllable = fc.string({
    unit: fc.constantFrom(...'aăâbcdđeêghikoôơuưyàằầèềìòồờùừỳảẳáạĐỘỆ'),
    minLength: 1,
    maxLength: 4,
  });
  const name = fc
    .array(fc.oneof(syllable, fc.nat({ max: 120 }).map(String)), { maxLength: 4 })
    .map((words) => words.join(' '));
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(byKey(a, b)).toBe(Math.sign(collator.compare(newTone(a), newTone(b))));
    }),
    { numRuns: 5000 },
  );
});

test('any text has a key of bounded growth', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(sortKeyOf(text).length).toBeLessThanOrEqual(12 * text.length + 1);
    }),
  );
});
