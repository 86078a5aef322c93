import { mulberry32 } from '../support/seeded.ts';
import type { Fault } from './fault-proxy.ts';

export const COMMANDS = ['export', 'restore', 'verify', 'reconcile', 'expire'] as const;
export type Command = (typeof COMMANDS)[number];
export type Victim = 'command' | 'manager' | 's3';

/** What goes wrong in one round. */
export interface Plan {
  readonly store: 'folder' | 's3';
  readonly command: Command;
  /** Killed with SIGKILL after this share of the time that the command took last; started again `downMs` later. */
  readonly kill: { readonly victim: Victim; readonly share: number; readonly downMs: number } | undefined;
  readonly faults: { readonly manager: readonly Fault[]; readonly s3: readonly Fault[] };
}

/** Exports most of all; a restore waits 30 s for services to stay up, so there are few. */
const SHARES: readonly [Command, number][] = [
  ['export', 0.62],
  ['verify', 0.13],
  ['reconcile', 0.1],
  ['expire', 0.11],
  ['restore', 0.04],
];
const KINDS: readonly Fault['kind'][] = ['flip', 'flip', 'cut', 'stall', 'unavailable', 'slow'];
/** Bytes of a request or of an answer without an archive; and of an archive. */
const HEAD = 500;
const BODY = 200_000;

/** The same plan for the same seed and round, whatever other rounds did. */
export function planOf(seed: number, round: number): Plan {
  const random = mulberry32(seed * 100_003 + round);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const command = commandAt(random());
  // A bucket expires archives by its own rules.
  const store = command === 'expire' ? 'folder' : pick(['folder', 's3'] as const);
  const fault = (body: Fault['side']): Fault => {
    const isInHead = random() < 0.6;
    return {
      kind: pick(KINDS),
      side: isInHead ? pick(['request', 'answer'] as const) : body,
      at: Math.floor(random() * (isInHead ? HEAD : BODY)),
      ms: Math.floor(random() * 8000),
    };
  };
  const some = (body: Fault['side']) => Array.from({ length: Math.floor(random() * 4) }, () => fault(body));
  const asksManager = command === 'export' || command === 'restore';
  // A simulated manager that dies forgets the restore, and the command waits for it for hours, as documented.
  const victims: Victim[] = [
    ...['command' as const, 'command' as const],
    ...(command === 'export' ? ['manager' as const] : []),
    ...(store === 's3' ? ['s3' as const] : []),
  ];
  const kill =
    random() < 0.7 ? { victim: pick(victims), share: random() * 1.1, downMs: Math.floor(random() * 1500) } : undefined;
  return {
    store,
    command,
    kill,
    faults: {
      manager: asksManager ? some(command === 'export' ? 'answer' : 'request') : [],
      s3: store === 's3' ? some(command === 'export' ? 'request' : 'answer') : [],
    },
  };
}

function commandAt(share: number): Command {
  let sum = 0;
  for (const [command, part] of SHARES) {
    sum += part;
    if (share < sum) return command;
  }
  return 'export';
}
