/**
 * Every gauge of `offsite metrics`, its labels beside `manager`, and what it means. Names as Prometheus has them: the
 * unit last, a time as seconds since 1970. docs/how-to/monitoring.md has the same list.
 */
export const GAUGES = {
  offsite_build_info: { of: 'process', labels: ['version'], help: 'version of cloudify-offsite, always 1' },
  offsite_generated_timestamp_seconds: { of: 'process', labels: [], help: 'when these numbers were read' },
  offsite_managers: { of: 'process', labels: [], help: 'managers in the configuration or in the bucket' },
  offsite_needs_attention: {
    of: 'manager',
    labels: [],
    help: '1: offsite status ends with exit code 1 for this manager',
  },
  offsite_archive_stale: {
    of: 'manager',
    labels: [],
    help: '1: the newest archive is older than the configuration allows',
  },
  offsite_last_verified_archive_timestamp_seconds: {
    of: 'manager',
    labels: [],
    help: 'when the content of the newest archive that can be restored was taken; absent: there is no such archive',
  },
  offsite_last_verification_timestamp_seconds: {
    of: 'manager',
    labels: [],
    help: 'when that archive was verified last',
  },
  offsite_last_verified_archive_size_bytes: { of: 'manager', labels: [], help: 'size of that archive' },
  offsite_last_run_timestamp_seconds: {
    of: 'manager',
    labels: [],
    help: 'when the last export ended; while it runs, when it began',
  },
  offsite_last_run_success: {
    of: 'manager',
    labels: [],
    help: '1: the last export succeeded; 0: it failed, died, or its record cannot be read; absent: it is running',
  },
  offsite_last_run_duration_seconds: {
    of: 'manager',
    labels: [],
    help: 'how long the last export took; absent: it is running',
  },
  offsite_last_run_undelivered_notifications: {
    of: 'manager',
    labels: [],
    help: 'notification targets that could not be notified of the last export',
  },
  offsite_next_run_timestamp_seconds: {
    of: 'manager',
    labels: [],
    help: 'when the next export is due, if that is known',
  },
  offsite_last_restore_test_timestamp_seconds: {
    of: 'manager',
    labels: [],
    help: 'when the last restore drill of an archive of this manager ended',
  },
  offsite_last_restore_test_success: { of: 'manager', labels: [], help: '1: that drill succeeded' },
  offsite_last_restore_test_duration_seconds: {
    of: 'manager',
    labels: [],
    help: 'from the start of that drill to its proof',
  },
  offsite_check_success: {
    of: 'manager',
    labels: [],
    help: '1: schedule, records and storage could be compared; 0: the next five are absent',
  },
  offsite_open_findings: {
    of: 'manager',
    labels: [],
    help: 'findings of that comparison that an administrator has to resolve',
  },
  offsite_findings: {
    of: 'manager',
    labels: ['kind'],
    help: 'findings by kind, those that could be repaired included',
  },
  offsite_archives: { of: 'manager', labels: [], help: 'archives that are recorded' },
  offsite_archive_bytes: { of: 'manager', labels: ['class'], help: 'bytes of archives by retention class' },
  offsite_stored_bytes: {
    of: 'manager',
    labels: ['state'],
    help: 'bytes of all objects: current, or noncurrent (hidden)',
  },
} as const satisfies Record<
  string,
  { readonly of: 'process' | 'manager'; readonly labels: readonly string[]; readonly help: string }
>;
export type GaugeName = keyof typeof GAUGES;
