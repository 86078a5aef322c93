/**
 * The pages of docs/runbook/, one an article. Alarms, reports and errors name them, and those messages stay in mailboxes: an
 * article may be rewritten and get another title, but its page is never renamed or removed.
 */
export const ARTICLES = [
  'restore-in-five-minutes',
  'restoring-by-hand',
  'a-restore-waits-for-approval',
  'break-glass',
  'a-restore-failed',
  'how-a-restore-ended-is-not-known',
  'a-restore-left-differences',
  'passwords-after-a-restore',
  'certificates-after-a-restore',
  'agents-after-a-restore',
  'drills',
  'alarms',
  'no-verified-archive',
  'an-execution-did-not-end-well',
  'a-schedule-could-not-start',
  'an-export-takes-too-long',
  'content-has-dropped',
  'retention-could-not-follow',
  'reconciliation-found-something',
  'the-protection-was-changed',
  'the-replication-does-not-copy',
  'the-first-region-is-lost',
  'an-archive-is-damaged',
  'a-record-is-forged',
  'the-whole-cluster-is-down',
  'one-node-is-down',
  'the-active-node-is-down',
  'a-cluster',
  'splitbrainsuspected',
  'credentialsrejected-or-permissiondenied',
  'certificateuntrusted',
  'managerbusy-for-two-hours',
  'snapshottimedout',
  'the-broker-is-down',
  'the-managers-disk-fills-up',
  'a-stuck-restore-flag',
  'a-manager-blocked-by-ghost-executions',
  'who-can-read-the-snapshots-on-the-manager',
  'something-was-left-behind',
] as const;

export type Article = (typeof ARTICLES)[number];

/** Path in the repository. */
export function runbookPage(article: Article): string {
  return `docs/runbook/${article}.md`;
}
