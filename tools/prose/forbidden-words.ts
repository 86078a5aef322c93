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

function regexOf({ old, pattern = old, caseSensitive }: ForbiddenWord): RegExp {
  const source = pattern.replaceAll(/ (?!\?)/g, '\\s+');
  return new RegExp(`(?<![\\p{L}\\p{N}_-])(?:${source})(?![\\p{L}\\p{N}_-])`, caseSensitive ? 'gu' : 'giu');
}

/** A rule for textlint. It reads text alone: no code, no addresses of links. */
export function forbiddenWords(words: readonly ForbiddenWord[]): TextlintRuleModule {
  const searches = words.map((word) => ({ regex: regexOf(word), write: word.write }));
  return ({ Syntax, RuleError, report, getSource, locator }) => ({
    [Syntax.Str](node) {
      const text = getSource(node);
      for (const { regex, write } of searches) {
        for (const { 0: found, index } of text.matchAll(regex)) {
          const padding = locator.range([index, index + found.length]);
          report(node, new RuleError(`"${found.replaceAll(/\s+/g, ' ')}". Write: ${write}`, { padding }));
        }
      }
    },
  });
}
