import type { AppError, ErrorKind } from '@portal/errors';
import { en } from './en.ts';
import type { Catalogue, Text } from './texts.ts';
import { vi } from './vi.ts';

export type Language = 'vi' | 'en';

export const catalogues: Readonly<Record<Language, Catalogue>> = { vi, en };

/** Kinds that tell of faults of ours. Their reasons stay inside. */
export function isOurFault(kind: ErrorKind): boolean {
  return kind === 'INTERNAL' || kind === 'DATA_LOSS';
}

/** Text of an error in a language. */
export function textOf({ kind, reason, metadata }: AppError, language: Language): Text {
  const { reasons, kinds } = catalogues[language];
  const text = isOurFault(kind) || !Object.hasOwn(reasons, reason) ? kinds[kind] : (reasons[reason] ?? kinds[kind]);
  return { title: text.title, detail: fill(text.detail, metadata) };
}

export function violationText(reason: string, language: Language): string {
  const { violations, anyViolation } = catalogues[language];
  return (Object.hasOwn(violations, reason) ? violations[reason] : undefined) ?? anyViolation;
}

function fill(template: string, metadata: Readonly<Record<string, string>>): string {
  return template.replace(
    /\{(\w+)\}/g,
    (_, name: string) => (Object.hasOwn(metadata, name) ? metadata[name] : undefined) ?? '…',
  );
}

/** Language of an Accept-Language header: the better liked of ours, Vietnamese where nothing speaks for English. */
export function chooseLanguage(header: string | undefined): Language {
  const liked = { vi: 0, en: 0 };
  for (const range of (header ?? '').slice(0, 200).split(',')) {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const language = tag.split('-')[0];
    if (language !== 'vi' && language !== 'en') continue;
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    liked[language] = Math.max(liked[language], Number(quality) || 0);
  }
  return liked.en > liked.vi ? 'en' : 'vi';
}
