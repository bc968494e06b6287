/** The letters of the Vietnamese alphabet in its own order, and f, j, w, z where they are usually put. */
const letters = 'aăâbcdđeêfghijklmnoôơpqrstuưvwxyz';
const codeOfLetter = new Map([...letters].map((letter, index) => [letter, String.fromCharCode(0x41 + index)]));
/** Grave, hook above, tilde, acute, dot below: the order of CLDR's `vi`. */
const tones = '\u0300\u0309\u0303\u0301\u0323';
/** Old and new placement of the tone: "hòa" and "hoà" are one word (o|a, o|e, u|y). */
const movedTone = new RegExp(`(o(?=[${tones}][ae])|u(?=[${tones}]y))([${tones}])([aey])`, 'g');
/** A number; or a character that marks hang on. */
const element = /(\p{Nd}+)|(\P{M})(\p{M}*)/gu;

/**
 * A key whose binary order is the Vietnamese dictionary order of the texts, for a field that a list is sorted by:
 * first letters (ă, â, đ, ê, ô, ơ, ư are letters of their own) and numbers by their value ("Quận 2" before "Quận 10"),
 * then tones; capitals count for nothing. Stored beside the text, because an index then serves the order on any
 * server, whatever collations it knows.
 */
export function sortKeyOf(text: string): string {
  const decomposed = text.toLowerCase().normalize('NFD').replace(movedTone, '$1$3$2');
  let primary = '';
  let secondary = '';
  for (const [, number, base = '', marks = ''] of decomposed.matchAll(element)) {
    if (number === undefined) {
      primary += codeOf(base, marks);
      secondary += toneOf(marks);
    } else {
      const digits = number.replace(/^0+(?=.)/, '');
      primary += String.fromCharCode(0x30 + Math.min(digits.length, 16)) + digits;
    }
  }
  return `${primary}\t${secondary.replace(/0+$/, '')}`;
}

function codeOf(base: string, marks: string): string {
  const letter = (base + marks.replace(/[^\u0302\u0306\u031B]/g, '')).normalize('NFC');
  const code = codeOfLetter.get(letter) ?? codeOfLetter.get(base);
  if (code !== undefined) return code;
  // Spaces before punctuation before digits before our letters before everybody else's.
  if (/\s/u.test(base)) return ' ';
  return /\p{L}/u.test(base) ? `~${base}` : `!${base}`;
}

function toneOf(marks: string): string {
  const tone = [...marks].find((mark) => tones.includes(mark));
  return String(tone === undefined ? 0 : tones.indexOf(tone) + 1);
}
