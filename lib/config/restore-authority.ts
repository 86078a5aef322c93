/**
 * What a restore of a manager may use beside that manager's own credentials and archives in the bucket. It comes from the
 * configuration (in AWS) or from the options of the person at the keyboard (one machine), never from an execution's input.
 */
export interface RestoreAuthority {
  /** Managers whose credentials may be sent to this one, as a legacy restore of their archives brings theirs. */
  readonly restoreFrom?: readonly string[] | undefined;
  /** Name of one more secret whose credentials may be sent to this manager, and are tried after a restore. */
  readonly restoredCredentials?: string | undefined;
  /** So long a restore onto this manager, if it holds anything, waits for an approval; undefined: it needs none. */
  readonly approvalHours?: number | undefined;
  /** Where `archiveUrl` may lead; undefined: `PUBLIC_HOSTS`. */
  readonly archiveUrls?: UrlAuthority | undefined;
}

export interface UrlAuthority {
  /** `files.example.com`, `10.0.0.5:8443`: as `URL.host` has them. Their addresses are not looked at. */
  readonly hosts: readonly string[];
  /** Hosts that are not listed: those with public addresses alone, or none at all. */
  readonly others: 'public' | 'none';
}

export const PUBLIC_HOSTS: UrlAuthority = { hosts: [], others: 'public' };

/** Whether the credentials of the secret `name` may be sent to the manager of this authority. Its own always may. */
export function maySend({ restoreFrom = [], restoredCredentials }: RestoreAuthority, name: string): boolean {
  return name === restoredCredentials || restoreFrom.includes(name);
}
