import type { ByteSource } from '../archive/byte-source.ts';
import type { ArchiveOptions } from '../archive/make-archive.ts';
import type { NewUser } from './rows.ts';

/** A zip file from the disk, any bytes, or what the generator is to make (the format follows version and request). */
export type ArchiveChoice = { readonly file: string } | { readonly source: ByteSource } | ArchiveOptions;

export interface SimulatedManagerOptions {
  /** Default 7.0.5. The recordings are of 7.1.0.dev1. */
  readonly version?: string;
  /** Default `premium`. On `community` a plain create of 7.0.1 or later fails, as real ones do. */
  readonly edition?: 'community' | 'premium';
  /** Nodes share one database and broker; each has a url, a restore flag and health of its own. Default 1. */
  readonly nodes?: number;
  /** Of the first node, the others follow; 0, the default, takes any free ones. */
  readonly port?: number;
  readonly host?: string;
  /** `true` makes a private CA and a certificate for 127.0.0.1 and localhost; the CA is at `caPem`. */
  readonly tls?: { readonly key: string; readonly cert: string } | true;
  /** What a node shows once it has rebooted after a restore with certificates; `true` makes them of another CA. */
  readonly restoredTls?: { readonly key: string; readonly cert: string } | true;
  readonly username?: string;
  readonly password?: string;
  /** Beside `default_tenant`. */
  readonly tenants?: readonly string[];
  /** Beside the admin; role `default` may not touch snapshots. */
  readonly users?: readonly NewUser[];
  readonly archive?: ArchiveChoice;
  /** The clock that everything goes by. Default: the real one. */
  readonly now?: () => Date;
  /** How long a create takes on that clock. Default 5. */
  readonly createSeconds?: number;
  /** How long a restore takes on it, from the request to the end of the execution. Default 30. */
  readonly restoreSeconds?: number;
  /** How long a node is away after a restore with certificates. Default 90. */
  readonly rebootSeconds?: number;
  /** The node whose worker takes the message of a restore. Default: the one that was asked. */
  readonly restoreNode?: number;
  /** What the manager holds from the start: what its archives hold, or nothing, as a fresh one. Default `archive`. */
  readonly holds?: 'archive' | 'nothing';
  /** What passwords are hashed with. Default: random, so that two managers differ. */
  readonly salt?: string;
  /** `absent`: creates stay `pending` until PATCH reports for them. Default `present`. */
  readonly worker?: 'present' | 'absent';
  /** Seconds until the other nodes have the archive that one of them made. Default 0, a shared folder. */
  readonly replicationSeconds?: number;
  /** How fast it fetches an upload by URL. Nothing waits: what would take over 300 s is a 502 at once. Default: no limit. */
  readonly fetchBytesPerSecond?: number;
  /** CAs (PEM) to trust when it fetches from https; as on real managers a private one is refused otherwise. */
  readonly requestsCaBundle?: string;
  /** Real managers limit from 7.0.1 on. Default off: a virtual clock stands still between requests. */
  readonly rateLimit?: boolean;
  /** Appears in clear in every create's parameters, as on real managers: grep your logs for it. */
  readonly databasePassword?: string;
  /** The same for `/brokers` and `/tenants`. */
  readonly brokerPassword?: string;
}
