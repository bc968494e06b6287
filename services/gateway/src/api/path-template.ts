/** A template of google.api.http: literals and whole-segment fields, with an optional verb: `/posts/{post_id}:publish`. */
export interface PathTemplate {
  segments: readonly Segment[];
  verb: string;
}

type Segment = { literal: string } | { field: string };

const literalPattern = /^[A-Za-z0-9._~-]+$/;
const fieldPattern = /^\{([a-z][a-z0-9_]*)\}$/;
const verbPattern = /^[A-Za-z]+$/;

/** Throws for what this API does not use: wildcards, nested fields, a field twice. */
export function parseTemplate(source: string): PathTemplate {
  const { segments, verb } = splitPath(source) ?? { segments: [], verb: '' };
  if (segments.length === 0 || (verb !== '' && !verbPattern.test(verb))) throw new Error(`bad path template ${source}`);
  const parsed = segments.map((segment): Segment => {
    const field = fieldPattern.exec(segment)?.[1];
    if (field !== undefined) return { field };
    if (!literalPattern.test(segment)) throw new Error(`bad segment ${segment} in path template ${source}`);
    return { literal: segment };
  });
  const fields = fieldsOf({ segments: parsed, verb });
  if (new Set(fields).size < fields.length) throw new Error(`a field appears twice in path template ${source}`);
  return { segments: parsed, verb };
}

/** Proto names of the fields in a template. */
export function fieldsOf({ segments }: PathTemplate): string[] {
  return segments.flatMap((segment) => ('field' in segment ? [segment.field] : []));
}

/** Splits a path into raw segments and the verb behind the last one; undefined for what can be no path of ours. */
export function splitPath(path: string): { segments: string[]; verb: string } | undefined {
  if (!path.startsWith('/')) return undefined;
  const segments = path.slice(1).split('/');
  // A colon that belongs to a value arrives as %3A.
  const [last = '', verb, ...more] = (segments.pop() ?? '').split(':');
  if (verb === '' || more.length > 0) return undefined;
  return { segments: [...segments, last], verb: verb ?? '' };
}

/** The decoded fields by proto name; undefined when the path does not fit or holds what no value of ours holds. */
export function matchTemplate(
  template: PathTemplate,
  path: { segments: readonly string[]; verb: string },
): ReadonlyMap<string, string> | undefined {
  if (template.verb !== path.verb || template.segments.length !== path.segments.length) return undefined;
  const fields = new Map<string, string>();
  for (const [index, segment] of template.segments.entries()) {
    const raw = path.segments[index] ?? '';
    if ('literal' in segment) {
      if (segment.literal !== raw) return undefined;
    } else {
      const value = decodeSegment(raw);
      if (value === undefined) return undefined;
      fields.set(segment.field, value);
    }
  }
  return fields;
}

/** Literals before fields, so that `/posts/latest` wins over `/posts/{post_id}`. */
export function compareTemplates(left: PathTemplate, right: PathTemplate): number {
  for (const [index, segment] of left.segments.entries()) {
    const other = right.segments[index];
    if (other === undefined) return 1;
    if ('field' in segment !== 'field' in other) return 'field' in segment ? 1 : -1;
  }
  return 0;
}

/** The same for two templates that fit the same paths. */
export function shapeOf({ segments, verb }: PathTemplate): string {
  return `${segments.map((segment) => ('field' in segment ? '{}' : segment.literal)).join('/')}:${verb}`;
}

function decodeSegment(raw: string): string | undefined {
  let value: string;
  try {
    value = decodeURIComponent(raw);
  } catch {
    return undefined; // a broken escape, or bytes that are not UTF-8
  }
  // Decoded once, here; whoever builds a path or a log line from a value must not meet a separator in it.
  return value === '' || value === '.' || value === '..' || /[\p{Cc}/\\]/u.test(value) ? undefined : value;
}
