/** Civil time of every date on a page (requirement of the city; no daylight saving). */
const dateParts = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Ho_Chi_Minh',
  day: '2-digit',
  month: '2-digit',
  year: 'numeric',
});

/** `05/09/2026` */
export function formatDate(date: Date): string {
  return dateParts.format(date);
}

/** Paragraphs of plain text, each as its lines: an empty line ends a paragraph. */
export function toParagraphs(text: string): string[][] {
  return text
    .split(/\n[ \t]*\n/)
    .map((paragraph) => paragraph.split('\n').map((line) => line.trim()))
    .map((lines) => lines.filter((line) => line !== ''))
    .filter((lines) => lines.length > 0);
}

/** The link if it leads to a page, else nothing: `javascript:` and `data:` would run what somebody typed. */
export function safeHref(href: string): string | undefined {
  return /^(https?:\/\/|\/(?!\/))/i.test(href) ? href : undefined;
}
