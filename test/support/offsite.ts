import { main } from '../../lib/cli/main.ts';
import type { Terminal } from '../../lib/cli/usage.ts';
import { signing } from './signing.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** How often, and how long, the command waited before it tried again. */
  readonly slept: readonly number[];
}

/** One command line in this process. Nothing waits: what would be slept is noted. */
export async function offsite(words: readonly string[], terminal: Partial<Terminal> = {}): Promise<Said> {
  const said = { out: '', err: '' };
  const slept: number[] = [];
  const code = await main(words, {
    out: {
      write: (text: string) => {
        said.out += text;
      },
    },
    err: {
      write: (text: string) => {
        said.err += text;
      },
      isTTY: false,
      columns: 100,
    },
    interrupt: new AbortController().signal,
    signing,
    clock: { now: () => new Date(), sleep: async (ms) => void slept.push(ms) },
    ...terminal,
  });
  return { code, ...said, slept };
}
