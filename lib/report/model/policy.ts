import { objectLockOf } from '../../config/object-lock.ts';
import type { OffsiteConfig } from '../../config/offsite-config.ts';
import { protectionsOf } from '../../config/protections.ts';
import { RetentionPolicy } from '../../config/retention.ts';
import type { Deployed } from '../facts/protection-facts.ts';
import type { FleetRow } from './fleet-row.ts';
import type { PolicyLine } from './policy-line.ts';
import { reconciliationLine } from './reconciliation-line.ts';

interface Around {
  /** Whether the configuration is the one that is deployed; null: nobody can tell. */
  readonly isDeployed: boolean | null;
  readonly rows: readonly FleetRow[];
  readonly now: Date;
}

export function policyOf(
  config: OffsiteConfig | undefined,
  deployed: Deployed,
  { isDeployed, rows, now }: Around,
): PolicyLine[] {
  const found = isDeployed === null ? null : isDeployed ? 'the same' : 'another one, or by another version';
  const version = config ? `a file of format version ${config.version}` : null;
  const file = { what: 'Configuration', configured: version, deployed: found, differs: isDeployed === false };
  return [file, ...protectionLines(config, deployed), ...operationLines(config, deployed, { rows, now })];
}

function protectionLines(config: OffsiteConfig | undefined, deployed: Deployed): PolicyLine[] {
  const settings = deployed.kind === 'bucket' ? deployed.settings : undefined;
  const folder = deployed.kind === 'folder' ? 'none: a folder on this machine' : null;
  const lock = config && objectLockOf(config);
  const tls = settings?.policy.some(
    ({ Effect, Condition }) => Effect === 'Deny' && Condition?.['Bool']?.['aws:SecureTransport'] !== undefined,
  );
  const line = (what: string, configured: string | null, found: string | undefined, differs = false): PolicyLine => ({
    // The configuration is the stack's as well; of a folder these fields say nothing.
    ...{ what, configured: folder ? 'does not apply to a folder' : configured },
    ...{ deployed: found ?? folder, differs: settings !== undefined && differs },
  });
  const always = config ? 'always' : null;
  return [
    line('Versioning', always, settings && (settings.versioning ?? 'off'), settings?.versioning !== 'Enabled'),
    line(
      'Object Lock',
      config ? (lock ? `${lock.mode}, ${lock.days} days` : 'off') : null,
      settings && (settings.lock ? 'on' : 'off'),
      lock !== undefined && settings?.lock === false,
    ),
    line(
      'Replication',
      config ? (config.storage.replication ? 'to a second bucket' : 'off') : null,
      settings && (settings.replication ? 'on' : 'off'),
      config?.storage.replication !== undefined && settings?.replication === false,
    ),
    line('Encryption', always, settings && (settings.key ? `KMS key ${settings.key}` : "the store's own key")),
    line(
      'Public access',
      config ? 'blocked' : null,
      settings && (settings.isPrivate ? 'blocked' : 'not blocked'),
      settings?.isPrivate === false,
    ),
    line('Requests without TLS', config ? 'denied' : null, settings && (tls ? 'denied' : 'not denied'), tls === false),
    line(
      'Lifecycle rules',
      always,
      settings && `${settings.lifecycle.filter(({ Status }) => Status === 'Enabled').length} enabled`,
    ),
  ];
}

function notifiedText({ notifications: { emails, targets } }: OffsiteConfig): string {
  if (emails.length + targets.length === 0) return 'nobody';
  const parts = [
    ...(emails.length > 0 ? [`${emails.length} e-mail ${emails.length === 1 ? 'address' : 'addresses'}`] : []),
    ...(targets.length > 0 ? [`${targets.length} ${targets.length === 1 ? 'target' : 'targets'}`] : []),
  ];
  return parts.join(' and ');
}

function operationLines(
  config: OffsiteConfig | undefined,
  { kind }: Deployed,
  { rows, now }: Pick<Around, 'rows' | 'now'>,
): PolicyLine[] {
  const line = (what: string, configured: string | null): PolicyLine => ({
    what,
    configured,
    deployed: null,
    differs: false,
  });
  const { days, held, undoDays } = config?.retention ?? RetentionPolicy.parse({});
  // A restore that this machine runs asks nobody (docs/reference/local.md).
  const approval = config && kind !== 'folder' && protectionsOf(config).approval;
  return [
    line(
      'Retention',
      `${config ? '' : 'defaults: '}newest ${held} never expire; daily ${days.daily}, weekly ${days.weekly}, monthly ${days.monthly}, yearly ${days.yearly} days, of which the last ${undoDays} hidden`,
    ),
    line('Verification of stored archives', config ? (config.verification.schedule ?? 'by hand only') : null),
    reconciliationLine(config, rows, now),
    line(
      'Restores onto a manager in use',
      config ? (approval ? 'need the approval of a second person' : 'need no approval') : null,
    ),
    line('Notifications', config ? notifiedText(config) : null),
  ];
}
