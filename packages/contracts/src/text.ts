/** What a field of text for people may look like: one line, or lines and paragraphs. */
export type TextForm = 'TEXT_LINE' | 'TEXT_BLOCK';

/**
 * The one form in which text for people is kept: NFC (TCVN 6909), trimmed; in a line every run of spaces is one space,
 * in a block every line break is "\n". Idempotent, and the same for every Unicode form of the same text. Spelling and
 * tone placement stay as typed.
 */
export function normalizeText(text: string, form: TextForm): string {
  const composed = text.normalize('NFC');
  // U+FEFF is a byte order mark that came along with a pasted text.
  return form === 'TEXT_LINE'
    ? composed.replace(/[\p{Zs}\uFEFF]+/gu, ' ').replace(/^ | $/g, '')
    : composed.replace(/\r\n?/g, '\n').trim();
}

/**
 * What keeps a normalised text from being accepted. `COMBINING_MARK`: a mark that composes with no letter, typed in the
 * wrong order or pasted from a broken source; such text looks right and is never found. `CONTROL_CHARACTER`: control
 * characters (a line break in a line too), half a surrogate pair, or the bidirectional controls that make text read
 * other than it is written.
 */
export function findTextProblem(text: string, form: TextForm): 'COMBINING_MARK' | 'CONTROL_CHARACTER' | undefined {
  const controls =
    form === 'TEXT_LINE'
      ? /[\p{Cc}\p{Cs}\u2028-\u202E\u2066-\u2069]/u
      : /(?![\n\t])[\p{Cc}\p{Cs}\u2028-\u202E\u2066-\u2069]/u;
  if (controls.test(text)) return 'CONTROL_CHARACTER';
  return /[\u0300-\u036F]/.test(text) ? 'COMBINING_MARK' : undefined;
}
