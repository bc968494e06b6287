const maxLength = 80;

/**
 * The title in a–z, 0–9 and hyphens, at most 80 of them and cut between words where it can be, then the post's id:
 * "Khai giảng năm học mới" → `khai-giang-nam-hoc-moi-<postId>`. A title without a single Latin letter or digit leaves
 * the id alone.
 */
export function slugOf(title: string, postId: string): string {
  const folded = fold(title);
  return folded === '' ? postId : `${cut(folded)}-${postId}`;
}

function fold(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replaceAll('đ', 'd') // the stroke is no combining mark: NFD leaves đ whole
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

function cut(folded: string): string {
  if (folded.length <= maxLength) return folded;
  const end = folded.lastIndexOf('-', maxLength);
  return folded.slice(0, end > 0 ? end : maxLength);
}
