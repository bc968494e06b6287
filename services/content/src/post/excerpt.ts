/** Of the whole: enough for a list, and for search engines that show a description. */
const maxLength = 200;

/** The beginning of a text on one line, cut between words, at most 200 code points and an ellipsis. */
export function excerptOf(text: string): string {
  // Nothing after the first part can matter, and bodies are long.
  const start = text
    .slice(0, maxLength * 4)
    .replace(/\s+/g, ' ')
    .trim();
  const points = Array.from(start);
  if (points.length <= maxLength) return start;
  const head = points.slice(0, maxLength).join('');
  const cut = head.lastIndexOf(' ');
  return `${head.slice(0, cut > maxLength / 2 ? cut : undefined).replace(/[\s,;:.–-]+$/, '')}…`;
}
