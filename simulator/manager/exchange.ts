import type { IncomingMessage } from 'node:http';
import type { ManagerFaults, Strike } from './faults.ts';
import type { UserRow } from './rows.ts';
import type { ManagerState } from './state.ts';
import type { UploadSpace } from './upload-space.ts';
import type { VersionLine } from './version-line.ts';

/** What all requests share. */
export interface ManagerSettings {
  readonly line: VersionLine;
  readonly edition: 'community' | 'premium';
  readonly createSeconds: number;
  readonly restoreSeconds: number;
  readonly rebootSeconds: number;
  /** Whose worker takes the message of a restore; none: the node's that was asked. */
  readonly restoreNode: number | undefined;
  /** Whether there is a worker; without one, creates stay `pending` until a test reports for it. */
  readonly hasWorker: boolean;
  readonly databasePassword: string;
  readonly brokerPassword: string;
  readonly caPem: string;
  readonly nodeNames: readonly string[];
  readonly faults: ManagerFaults;
  readonly uploadSpace: UploadSpace;
  readonly fetchBytesPerSecond: number | undefined;
  readonly requestsCaBundle: string | undefined;
}

/** One request on its way through a node. */
export interface Exchange {
  readonly settings: ManagerSettings;
  readonly state: ManagerState;
  readonly node: number;
  readonly request: IncomingMessage;
  readonly method: string;
  /** As the client sent it, with the query. */
  readonly target: string;
  /** Decoded, without the query and without the empty first one. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly strike: Strike;
  /** Who is asking; set by authentication. `undefined` on open resources. */
  user?: UserRow;
  /** The execution whose token was presented. */
  executionId?: string;
  /** The tenant named by the client, known to exist. */
  tenant?: string;
}

export const header = (exchange: Exchange, name: string): string | undefined => {
  const value = exchange.request.headers[name.toLowerCase()];
  return Array.isArray(value) ? value[0] : value;
};

export async function bodyOf(exchange: Exchange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of exchange.request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
