import { consoleUrl, partsOfArn } from '../../installation/arns.ts';
import type { Started } from '../../installation/step-functions.ts';
import { rowsText } from '../text/rows.ts';
import { EXIT, type Terminal } from '../usage.ts';
import { leftText } from './watch.ts';

/** What was started, or found under way, and what is left to the person. */
export interface Going extends Started {
  /** Null: of all. */
  readonly manager: string | null;
  readonly what: 'export' | 'restore' | 'verification';
}

/** Nobody waits for it. Exit code 0 says that it was started, not that it is good. */
export function sayStarted(going: Going, json: boolean, { out }: Terminal): number {
  const { arn, manager, what, startedAt } = going;
  const whose = manager === null ? 'all managers' : `manager ${manager}`;
  const message = `The ${what} of ${whose} is under way in AWS. How it ends, its report says.`;
  if (json) {
    out.write(`${JSON.stringify({ outcome: 'started', message, manager, execution: arn, startedAt }, null, 2)}\n`);
    return EXIT.ok;
  }
  const url = consoleUrl(arn);
  out.write(
    rowsText([
      ['Started', `${what} of ${whose}, at ${startedAt}`],
      ['Execution', arn],
      ...(url === undefined ? [] : [['Console', url] as const]),
      ['Follow', `offsite follow ${partsOfArn(arn)?.name ?? arn}`],
    ]),
  );
  return EXIT.ok;
}

/** Ctrl-C while somebody waited. */
export function sayLeft({ arn, manager }: { arn: string; manager: string | null }, json: boolean, terminal: Terminal) {
  const message = 'Stopped following. The execution goes on.';
  const document = { outcome: 'running', message, manager, execution: arn };
  if (json) terminal.out.write(`${JSON.stringify(document, null, 2)}\n`);
  terminal.err.write(leftText(arn));
  return EXIT.interrupted;
}
