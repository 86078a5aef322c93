/** Every finding of the policy lint, and how grave it is. docs/reference/configuration.md explains each. */
export const FINDINGS = {
  RetentionDaysDoNotAddUp: 'refuse',
  HeldCanExpire: 'refuse',
  LockLongerThanRetention: 'refuse',
  AutoDeleteOfArchives: 'refuse',
  ComplianceNotAcknowledged: 'refuse',
  DaylightSavingHour: 'warn',
  ScheduleNeverRuns: 'refuse',
  ScheduleFasterThanDeadline: 'refuse',
  AlarmBeforeNextRun: 'warn',
  NoAlarmOnSilence: 'warn',
  NoNotificationTarget: 'warn',
  DrillOntoProduction: 'refuse',
  DrillTargetIsExported: 'warn',
  DrillWithoutCredentials: 'warn',
  UnknownRestoreSource: 'warn',
  OldConfigurationVersion: 'warn',
  ProtectionOff: 'warn',
  LocalFieldsIgnored: 'warn',
  ArchiveTooLarge: 'refuse',
  PartsTooLargeForMemory: 'refuse',
  SpanTooSlow: 'warn',
  TooManyManagers: 'refuse',
  PolicyTooLarge: 'refuse',
  TooManyResources: 'refuse',
  TemplateTooLarge: 'refuse',
  PatternTooLarge: 'refuse',
  DefinitionTooLarge: 'refuse',
  DashboardTooLarge: 'refuse',
  GroupNameTooLong: 'refuse',
  ManyGroups: 'warn',
  ConcurrencyTakesAll: 'warn',
} as const;
export type FindingName = keyof typeof FINDINGS;

export interface Finding {
  readonly name: FindingName;
  readonly severity: 'refuse' | 'warn';
  /** What is wrong, with the field, and what to write instead. */
  readonly message: string;
}

export function finding(name: FindingName, message: string): Finding {
  return { name, severity: FINDINGS[name], message };
}
