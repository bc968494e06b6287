/** One line of the table. */
export interface Row {
  what: string;
  value: string;
  /** What is demanded of it, and whether it is met; none for figures that only explain others. */
  goal?: { text: string; met: boolean };
}

/** The table in Markdown, as docs/performance.md keeps it. */
export function toMarkdown(rows: readonly Row[]): string {
  const lines = rows.map(({ what, value, goal }) => {
    const verdict = goal === undefined ? '' : `${goal.text} ${goal.met ? '✓' : '✗'}`;
    return `| ${what} | ${value} | ${verdict} |`;
  });
  return ['| measured | value | goal |', '|---|---|---|', ...lines].join('\n');
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** `12,300` */
export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-GB');
}
