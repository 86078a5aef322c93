import type { TextlintRuleModule } from '@textlint/types';

/** A word that people who read our texts should not have to meet. */
export interface ForbiddenWord {
  /** The word, as a person would type it. */
  readonly old: string;
  /** Regular expression of its forms; between words any white space counts. Default: the word alone. */
  readonly pattern?: string;
  readonly caseSensitive?: boolean;
  /** What to write instead. */
  readonly write: string;
  /** Files for which the word is right. */
  readonly allowedIn?: readonly string[];
}

/** Not part of a longer name, nor a value as in `expire=held`. */
function regexOf({ old, pattern = old, caseSensitive }: ForbiddenWord): RegExp {
  const source = pattern.replaceAll(/ (?!\?)/g, '\\s+');
  return new RegExp(`(?<![\\p{L}\\p{N}_=-])(?:${source})(?![\\p{L}\\p{N}_=-])`, caseSensitive ? 'gu' : 'giu');
}

interface Hit {
  readonly index: number;
  readonly length: number;
  readonly message: string;
}

/** Where a text has one of these words. */
export function hitsOf(text: string, words: readonly ForbiddenWord[]): Hit[] {
  return words.flatMap((word) =>
    [...text.matchAll(regexOf(word))].map(({ 0: found, index }) => ({
      index,
      length: found.length,
      message: `"${found.replaceAll(/\s+/g, ' ')}". Write: ${word.write}`,
    })),
  );
}

/** A rule for textlint. It reads text alone: no code, no addresses of links. */
export function forbiddenWords(words: readonly ForbiddenWord[]): TextlintRuleModule {
  return ({ Syntax, RuleError, report, getSource, locator }) => ({
    [Syntax.Str](node) {
      for (const { index, length, message } of hitsOf(getSource(node), words))
        report(node, new RuleError(message, { padding: locator.range([index, index + length]) }));
    },
  });
}
