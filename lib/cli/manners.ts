import type { CommandLiteral } from './command.ts';
import { type LogFormat, logLines } from './text/log-lines.ts';
import { wrapped } from './text/wrapped.ts';
import { EXIT, type Terminal } from './usage.ts';

/** What options say of how to speak. */
export interface Wishes {
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly logFormat?: LogFormat;
}

interface Mannered {
  readonly shown: Terminal;
  /** Shows what was held back, if the command failed. Gives the exit code. */
  settle(code: number): number;
}

/** The terminal as a command sees it: quiet, with log lines, with texts that break between words. */
export function withManners(
  { quiet, json, csv, logFormat }: Wishes,
  { prints }: Pick<CommandLiteral, 'prints'>,
  terminal: Terminal,
): Mannered {
  const held: string[] = [];
  const isDocument = json === true || csv === true || prints === 'document';
  const hold = quiet === true && !isDocument;
  const out = hold ? { write: (text: string) => held.push(text) } : broken(terminal.out);
  const err = logFormat === undefined ? broken(terminal.err) : logLines(terminal.err, logFormat, terminal.clock);
  const settle = (code: number) => {
    if (code !== EXIT.ok) for (const text of held) terminal.out.write(text);
    return code;
  };
  return { shown: { ...terminal, out, err, isQuiet: quiet === true }, settle };
}

/** A stream on a terminal, whose width may change meanwhile. */
function broken<S extends Terminal['err']>(stream: S): S | Terminal['err'] {
  if (!stream.isTTY) return stream;
  return {
    write: (text: string) => stream.write(wrapped(text, stream.columns ?? 0)),
    isTTY: true,
    get columns() {
      return stream.columns as number;
    },
  };
}
