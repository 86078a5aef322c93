import type { VerifyReport } from '../../verification/state.ts';
import { EXIT, formatBytes, type Terminal } from '../usage.ts';

/** Shows how a verification ended, here or in AWS. Gives the exit code. */
export function finishVerify(report: VerifyReport, place: string, json: boolean, { out, err }: Terminal): number {
  const good = report.outcome === 'succeeded';
  if (json) out.write(`${JSON.stringify(report, null, 2)}\n`);
  else if (good) out.write(wholeText(report, place));
  if (!good) err.write(badText(report));
  if (good) return EXIT.ok;
  return report.error === 'Interrupted' ? EXIT.interrupted : EXIT.failed;
}

function wholeText({ counts, bytes, notes }: VerifyReport, place: string): string {
  const rows: [string, string][] = [
    [
      'Intact',
      `${counts.good} of ${counts.known} archives in ${place}: every file in it has the CRC-32 that its manager wrote`,
    ],
    ['Read', `${formatBytes(bytes)} (${bytes} bytes)`],
    ...notes.map((note): [string, string] => ['Note', note]),
  ];
  return rows.map(([label, text]) => `${label.padEnd(10)}${text}\n`).join('');
}

function badText({ error, message, damaged, unread, notes }: VerifyReport): string {
  const lines = [
    ...damaged.map((bad) => `${bad.archive} is damaged: ${bad.error}: ${bad.message}`),
    ...unread.map((bad) => `${bad.archive}: ${bad.message}`),
    ...notes,
  ];
  return [`offsite: ${error}: ${message}`, ...lines.map((text) => `  ${text}`), ''].join('\n');
}
