import type { ApprovalRequest } from '../../approval/records.ts';
import { formatBytes, type Terminal } from '../usage.ts';
import { localTime } from './local-time.ts';
import { noteLines, rowsText, type TextRow } from './rows.ts';

/** What an approver reads before the question: who is overwritten, by what, how, and until when. */
export function requestText(request: ApprovalRequest, clocks: Pick<Terminal, 'timeZone'>): string {
  const { what, holds, notes, reason, requestedAt, expiresAt } = request;
  const { manager, restore, execution, archive, options } = what;
  const name =
    archive.snapshot === null
      ? `the archive at ${archive.address}`
      : `${archive.snapshot} of manager ${archive.manager}`;
  const version = archive.versionId === null ? '' : `, version ${archive.versionId}`;
  const set = Object.entries(options).filter(([, value]) => value !== false);
  const rows: TextRow[] = [
    ['Restore', `${restore} overwrites manager ${manager}, which holds ${holds}`],
    ['Archive', `${name}, ${formatBytes(archive.size)}${version}`],
    ['Options', set.map(([option, value]) => (value === true ? option : `${option} ${value}`)).join(', ') || 'none'],
    ...(reason === undefined ? [] : [['Reason', reason] as const]),
    ['Execution', execution],
    ['Waits', `since ${localTime(requestedAt, clocks)}, until ${localTime(expiresAt, clocks)}`],
  ];
  return `${rowsText(rows)}${noteLines(notes)}`;
}
