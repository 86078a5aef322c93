import { main } from '../../lib/cli/main.ts';
import type { Terminal } from '../../lib/cli/usage.ts';
import { signing } from './signing.ts';

export interface Shown {
  code: number;
  out: string;
  err: string;
}

interface Watched {
  readonly tty?: boolean;
  readonly columns?: number;
  /** Ctrl-C when this is shown on standard error. */
  readonly stopAt?: string;
  readonly terminal?: Partial<Terminal>;
}

/** The command line as a person or a script sees it, in this process. */
export async function commandLine(args: readonly string[], { tty, columns, stopAt, terminal }: Watched = {}) {
  const shown: Shown = { code: -1, out: '', err: '' };
  const stop = new AbortController();
  const write = (text: string) => {
    shown.err += text;
    if (stopAt !== undefined && shown.err.includes(stopAt)) stop.abort();
  };
  const say = (text: string) => {
    shown.out += text;
  };
  shown.code = await main(args, {
    out: { write: say },
    err: { write, isTTY: tty === true, columns: columns ?? 100 },
    interrupt: stop.signal,
    signing,
    clock: { now: () => new Date(), sleep: async () => undefined },
    ...terminal,
  });
  return shown;
}
