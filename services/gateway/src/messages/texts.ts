import type { ErrorKind } from '@portal/errors';

export interface Text {
  title: string;
  /** What to do about it. `{name}` stands for a value of the error's metadata. */
  detail: string;
}

/** What people read of errors. Faults of ours have no texts by reason: nobody outside can do anything about them. */
export interface Catalogue {
  reasons: Readonly<Record<string, Text>>;
  /** For a reason without a text of its own. */
  kinds: Readonly<Record<ErrorKind, Text>>;
  /** By reason of a broken field rule. */
  violations: Readonly<Record<string, string>>;
  anyViolation: string;
}
