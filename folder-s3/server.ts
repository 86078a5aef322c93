import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { createServer } from 'node:http';
import { bracketedHost } from '../lib/base/bracketed-host.ts';
import { listenOn } from '../lib/base/listening.ts';
import type { Operation } from './http/request.ts';
import type { AccessKey } from './http/signature.ts';
import { FaultPlan } from './service/faults.ts';
import { Service } from './service/service.ts';
import {
  type AtHand,
  type ListedAtHand,
  listAtHand,
  type NameAtHand,
  namesAtHand,
  openAtHand,
  readerAtHand,
  type VersionAtHand,
  versionsAtHand,
} from './store/at-hand.ts';
import { type FolderUse, READ, WHOLE } from './store/folder-use.ts';
import { Store } from './store/store.ts';

export interface LocalS3Options {
  /** The folder. Made when missing; what an earlier server left there is served again. */
  readonly dir: string;
  /** Read only: takes no lock, changes no file, answers writes with 403 `ReadOnly`. Others may write meanwhile. */
  readonly readOnly?: boolean;
  /** Write these keys only, beside servers that own others. One server at a time has a name ([a-z0-9-]). */
  readonly scope?: { readonly name: string; owns(key: string): boolean };
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** The options of a command that gave port or host, for a message. */
  readonly flags?: string;
  /** The key pair that clients must have. Default: a random one, made for this server alone. */
  readonly access?: AccessKey;
  readonly now?: () => Date;
  /** Bytes that every part but the last must have. Default 5 MiB, as on S3. */
  readonly minPartSize?: number;
  readonly faults?: FaultPlan;
}

export interface LocalS3 {
  /** @example 'http://127.0.0.1:9000' */
  readonly url: string;
  /** The key pair and the region that a client signs with. */
  readonly access: { readonly region: string; readonly credentials: AccessKey };
  readonly faults: FaultPlan;
  /** A small object without a request, if it is as it was stored; undefined: ask by a request. Faults do not meet it. */
  atHand(bucket: string, key: string): Promise<AtHand | undefined>;
  /** What is below a prefix, as a list has it, without a request and without a look at the files. */
  namesAtHand(bucket: string, prefix: string): NameAtHand[];
  /** The same with ETags, page by page. */
  listAtHand(bucket: string, prefix: string): AsyncIterable<readonly ListedAtHand[]>;
  /** Every version below a prefix, page by page. Throws what a file that cannot be looked at makes the system say. */
  versionsAtHand(bucket: string, prefix: string): AsyncIterable<readonly VersionAtHand[]>;
  /** The file of a version, if it is as long as what was stored; undefined: ask by a request. Faults do not meet it. */
  openAtHand(bucket: string, key: string, versionId: string): Promise<FileHandle | undefined>;
  /** How many requests of an operation came, those that met a fault included. */
  requests(operation: Operation): number;
  /** Cuts all connections, and waits for the work in progress. */
  close(): Promise<void>;
}

const MIN_PART_SIZE = 5 * 1024 * 1024;

/**
 * An S3 on a folder: real HTTP, path-style addresses, the calls that this product uses, and 501 with a name for all
 * others. Objects are plain files at `<dir>/<bucket>/<key>`.
 *
 * Throws `StorageRefused` when the folder cannot be written, `InvalidConfiguration` when the address cannot be had.
 * Only who has its key pair may do anything: `access` of what this gives, or a URL that was signed with it.
 */
export async function startLocalS3(options: LocalS3Options): Promise<LocalS3> {
  const faults = options.faults ?? new FaultPlan();
  const store = await Store.open(options.dir, useOf(options));
  const access = options.access ?? randomAccess();
  const host = options.host ?? '127.0.0.1';
  const service = new Service({
    store,
    access,
    isOurHost: (name) => isNameOf(name, host),
    now: options.now ?? (() => new Date()),
    minPartSize: options.minPartSize ?? MIN_PART_SIZE,
    faults,
  });
  // requestTimeout: a part may arrive as slowly as its source delivers it. keepAliveTimeout: a server that hangs up an
  // idle connection just as the client uses it again looks like an outage.
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, (incoming, response) => {
    service.accept(incoming, response);
  });
  const place = { host, port: options.port ?? 0, what: 'The local S3', flags: options.flags };
  const { port } = await listenOn(server, place).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  return {
    url: `http://${bracketedHost(host)}:${port}`,
    access: { region: 'us-east-1', credentials: access },
    faults,
    atHand: readerAtHand(store),
    namesAtHand: (bucket, prefix) => namesAtHand(store, bucket, prefix),
    listAtHand: (bucket, prefix) => listAtHand(store, bucket, prefix),
    versionsAtHand: (bucket, prefix) => versionsAtHand(store, bucket, prefix),
    openAtHand: (bucket, key, versionId) => openAtHand(store, bucket, key, versionId),
    requests: (operation) => service.requests(operation),
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await service.idle();
      await store.close();
    },
  };
}

function useOf({ readOnly, scope }: LocalS3Options): FolderUse {
  if (readOnly) return READ;
  return scope ? { kind: 'scope', scope: scope.name, owns: scope.owns } : WHOLE;
}

/** As long as those of AWS. */
function randomAccess(): AccessKey {
  return {
    accessKeyId: `LOCAL${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
  };
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a `Host` header with this name may be meant for a server that listens on `host`. */
function isNameOf(header: string, host: string): boolean {
  const name = header.replace(/:\d{1,5}$/, '');
  // Of all addresses of the machine: it may be called anything; the signature decides alone.
  return name === host || name === `[${host}]` || LOOPBACK.test(name) || host === '0.0.0.0' || host === '::';
}
