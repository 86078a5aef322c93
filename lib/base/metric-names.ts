/** Of all our metrics in CloudWatch. */
export const NAMESPACE = 'CloudifyOffsite';

/**
 * Every metric, and what one number of it means. Alarms, dashboard and functions have their names from here: an alarm on
 * a misspelt name never rings. docs/reference/configuration.md explains them.
 */
export const METRICS = {
  ExportSucceeded: 'an export ended with a verified archive',
  ExportFailed: 'an export failed',
  RetentionFailed: 'the archive of a run is recorded, but its tags or those of older ones could not be set',
  ArchiveBytes: 'size of an archive that was recorded',
  ContentDropped: 'an archive was flagged: much less is in it than in those before',
  RestoreSucceeded: 'a restore was proven',
  RestoreFailed: 'a restore failed, or how it ended is not known',
  RestoreSeconds: 'from the start of a restore to its proof',
  NotificationFailed: 'a target of notifications could not be notified',
  BreakGlassUsed: 'a restore was approved under the break-glass rule',
  ArchivesVerified: 'stored archives that a verification found whole',
  ArchivesDamaged: 'stored archives that a verification found damaged',
  ArchivesUnread: 'stored archives that a verification could not read',
  HoursSinceVerified: 'age of the newest verified archive when it was reconciled, in hours',
  MissingNights: 'scheduled exports without a verified archive',
  ReconcileFindings: 'what a reconciliation found and did not repair',
  HeldBytes: 'bytes of archives that no rule expires, the newest valid ones',
  KeptBytes: 'bytes of archives that a user protects',
  DailyBytes: 'bytes of archives that go after the days of a daily one',
  WeeklyBytes: 'bytes of archives that go after the days of a weekly one',
  MonthlyBytes: 'bytes of archives that go after the days of a monthly one',
  YearlyBytes: 'bytes of archives that go after the days of a yearly one',
  NoncurrentBytes: 'bytes of a manager that are soft-deleted and not deleted yet',
  ManagerBytes: 'all that a manager has in the bucket, in bytes',
} as const;
export type MetricName = keyof typeof METRICS;
