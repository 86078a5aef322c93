import { seconds } from '../base/durations.ts';
import type { GaugeName } from './gauges.ts';
import type { ManagerStatus } from './status.ts';

export interface Sample {
  readonly name: GaugeName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a reconciliation that changes nothing has seen (lib/reconcile/contract.ts). */
export interface Checked {
  readonly findings: readonly { readonly kind: string }[];
  readonly counts: { readonly open: number; readonly failed: number };
  readonly lookedAt: { readonly archives: number };
  readonly bytes: Readonly<Record<string, number>>;
}

export interface Measured {
  readonly status: ManagerStatus;
  /** Null: it could not be done. */
  readonly checked: Checked | null;
}

/** The numbers of `offsite status --json` and `offsite reconcile --json`, as gauges. */
export function samplesOf(measured: readonly Measured[], version: string, now: Date): Sample[] {
  return [
    { name: 'offsite_build_info', labels: { version }, value: 1 },
    { name: 'offsite_generated_timestamp_seconds', labels: {}, value: now.getTime() / seconds(1) },
    { name: 'offsite_managers', labels: {}, value: measured.length },
    ...measured.flatMap(({ status, checked }) => [...ofStatus(status), ...ofCheck(status.manager, checked)]),
  ];
}

type Values = Readonly<Partial<Record<GaugeName, number | null | undefined>>>;

/** What is not known has no sample: 0 would be a lie. */
function ofManager(manager: string, values: Values): Sample[] {
  return Object.entries(values).flatMap(([name, value]) =>
    typeof value === 'number' && Number.isFinite(value)
      ? [{ name: name as GaugeName, labels: { manager }, value }]
      : [],
  );
}

const timeOf = (iso: string | undefined) => (iso === undefined ? undefined : Date.parse(iso) / seconds(1));
const flag = (is: boolean | null | undefined) => (is === null || is === undefined ? undefined : Number(is));

function ofStatus({ manager, archive, stale, lastRun, lastDrill, nextRun, needsAttention }: ManagerStatus): Sample[] {
  const hasEnded = lastRun !== null && lastRun.state !== 'running';
  const took = hasEnded && lastRun.startedAt !== null && lastRun.state !== 'lost';
  return ofManager(manager, {
    offsite_needs_attention: flag(needsAttention),
    offsite_archive_stale: flag(stale),
    offsite_last_verified_archive_timestamp_seconds: timeOf(archive?.takenAt),
    offsite_last_verification_timestamp_seconds: timeOf(archive?.verifiedAt),
    offsite_last_verified_archive_size_bytes: archive?.size,
    offsite_last_run_timestamp_seconds: timeOf(lastRun?.at),
    offsite_last_run_success: hasEnded ? Number(lastRun.state === 'succeeded') : undefined,
    offsite_last_run_duration_seconds: took
      ? (Date.parse(lastRun.at) - Date.parse(lastRun.startedAt ?? lastRun.at)) / seconds(1)
      : undefined,
    offsite_last_run_undelivered_notifications: lastRun?.undelivered.length,
    offsite_next_run_timestamp_seconds: timeOf(nextRun),
    offsite_last_restore_test_timestamp_seconds: timeOf(lastDrill?.at),
    offsite_last_restore_test_success: lastDrill ? Number(lastDrill.state === 'succeeded') : undefined,
    offsite_last_restore_test_duration_seconds: lastDrill?.rtoSeconds,
  });
}

function ofCheck(manager: string, checked: Checked | null): Sample[] {
  const success: Sample = { name: 'offsite_check_success', labels: { manager }, value: Number(checked !== null) };
  if (!checked) return [success];
  const { findings, counts, lookedAt, bytes } = checked;
  const { noncurrent = 0, all = 0, ...classes } = bytes;
  const kinds = Map.groupBy(findings, ({ kind }) => kind);
  return [
    success,
    { name: 'offsite_open_findings', labels: { manager }, value: counts.open + counts.failed },
    ...[...kinds].map(
      ([kind, of]): Sample => ({ name: 'offsite_findings', labels: { manager, kind }, value: of.length }),
    ),
    { name: 'offsite_archives', labels: { manager }, value: lookedAt.archives },
    ...Object.entries(classes).map(
      ([name, value]): Sample => ({ name: 'offsite_archive_bytes', labels: { manager, class: name }, value }),
    ),
    { name: 'offsite_stored_bytes', labels: { manager, state: 'current' }, value: all - noncurrent },
    { name: 'offsite_stored_bytes', labels: { manager, state: 'noncurrent' }, value: noncurrent },
  ];
}
