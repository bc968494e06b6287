/** Names of fields whose value never reaches a log, whatever the depth. */
const secretName =
  /authori[sz]ation|cookie|token|secret|passw(or)?d|passphrase|credential|assertion|private[-_]?key|api[-_]?key|^(t|h)?otp$/i;

const redacted = '[redacted]';
/** Bounds of one log line: a hostile or cyclic value must not fill a disk. */
const depthMax = 8;
const itemsMax = 1_000;
const itemsPerObjectMax = 100;
const textMax = 8_192;
const textInAllMax = 65_536;
const nameMax = 200;

/** The copy under way: the objects above the current one, and how many items and characters it may still hold. */
interface Walk {
  above: readonly object[];
  budget: { items: number; text: number };
}

/**
 * A plain copy of the fields of a log line that is safe to write: fields with a secret's name are masked, errors
 * become `{ type, message, stack, … }`, and cycles, depth, length and unreadable values are cut. Never throws.
 */
export function redactFields(fields: object): Record<string, unknown> {
  const copied = copy(fields, { above: [], budget: { items: itemsMax, text: textInAllMax } });
  const isRecord = typeof copied === 'object' && copied !== null && !Array.isArray(copied);
  return isRecord ? (copied as Record<string, unknown>) : { value: copied };
}

/**
 * Masks what looks like a secret inside text: bearer tokens, JSON web tokens and passwords in URLs.
 * Works on a finished JSON line: no pattern can match a quote. Each takes linear time, whatever the text.
 */
export function redactText(text: string): string {
  return text
    .replace(/\b(Bearer|Basic)\s{1,8}[\w.~+/=-]{8,}/gi, `$1 ${redacted}`)
    .replace(/[\w.-]{20,}/g, maskWebToken)
    .replace(/(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"\\]{0,256}:)[^\s/@"\\]{1,1024}@/gi, `$1${redacted}@`);
}

/** `eyJ` is how the base64 of `{"` begins, and so every JSON web token. */
function maskWebToken(run: string): string {
  const start = run.indexOf('eyJ');
  return start >= 0 && run.indexOf('.', start) > start + 10 ? run.slice(0, start) + redacted : run;
}

function copy(value: unknown, walk: Walk): unknown {
  switch (typeof value) {
    case 'string':
      return copyText(value, walk);
    case 'bigint':
      return value.toString();
    case 'object':
      if (value === null) return null;
      try {
        return copyObject(value, walk);
      } catch {
        // A getter, a proxy or a toJSON that throws.
        return '[unreadable]';
      }
    case 'function':
    case 'symbol':
      return undefined;
    default:
      return value;
  }
}

function copyText(value: string, { budget }: Walk): string {
  const length = Math.min(value.length, textMax, Math.max(budget.text, 0));
  budget.text -= length;
  return length < value.length ? `${value.slice(0, length)}…` : value;
}

function copyObject(value: object, { above, budget }: Walk): unknown {
  if (above.includes(value)) return '[circular]';
  if (above.length >= depthMax) return '[deep]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  const walk = { above: [...above, value], budget };
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  // Sees errors of another realm too, which `instanceof` does not.
  if (Error.isError(value)) return copyError(value, walk);
  if (value instanceof Map) return copyEntries(value, walk);
  if (Array.isArray(value) || value instanceof Set) return copyItems(value, walk);
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return copy((value as { toJSON: () => unknown }).toJSON(), walk);
  }
  return copyEntries(Object.entries(value), walk);
}

function copyError(error: Error, walk: Walk): unknown {
  const { name, message, stack, cause } = error;
  const base = { type: name, message: copy(message, walk), stack: copy(stack, walk) };
  const own = copyEntries(Object.entries(error), walk);
  return { ...base, ...own, ...(cause === undefined ? {} : { cause: copy(cause, walk) }) };
}

function copyItems(items: Iterable<unknown>, walk: Walk): unknown[] {
  const copied: unknown[] = [];
  for (const item of items) {
    if (copied.length === itemsPerObjectMax || walk.budget.items-- <= 0) return [...copied, '…'];
    copied.push(copy(item, walk));
  }
  return copied;
}

function copyEntries(entries: Iterable<[unknown, unknown]>, walk: Walk): object {
  const copied: [string, unknown][] = [];
  for (const [key, item] of entries) {
    if (copied.length === itemsPerObjectMax || walk.budget.items-- <= 0) break;
    const name = String(key).slice(0, nameMax);
    copied.push([name, secretName.test(name) && item !== '' ? redacted : copy(item, walk)]);
  }
  // fromEntries defines properties, so a key `__proto__` stays a key.
  return Object.fromEntries(copied);
}
