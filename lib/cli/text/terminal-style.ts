import type { Terminal } from '../usage.ts';

/** What may be drawn on standard error. */
export interface Style {
  /** A line is drawn over; else each state has a plain line. */
  readonly isDrawn: boolean;
  /** Escape codes clear the line; else blanks do. */
  readonly hasEscapes: boolean;
  /** Blocks and the ellipsis; else ASCII. */
  readonly hasBlocks: boolean;
}

/** By the conventions of terminals: TERM=dumb, NO_COLOR, and the locale, of which the first variable that is set counts. */
export function styleOf({ err, env }: Pick<Terminal, 'err' | 'env'>): Style {
  const { TERM, NO_COLOR, LC_ALL, LC_CTYPE, LANG } = env ?? {};
  const locale = LC_ALL || LC_CTYPE || LANG || 'C';
  return {
    isDrawn: err.isTTY === true && TERM !== 'dumb',
    hasEscapes: !NO_COLOR,
    hasBlocks: env === undefined || /utf-?8/i.test(locale),
  };
}
