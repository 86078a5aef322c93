import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import { ArchiveEmpty, ManagerUnavailable, SnapshotLost, StorageUnavailable, UnexpectedReply } from '../base/errors.ts';
import type { ByteSource } from '../zip/byte-source.ts';
import { type ManagerClient, pathOf } from './client.ts';
import { NotConnected } from './connection-errors.ts';
import type { ManagerHttp } from './http.ts';
import type { Managers } from './managers.ts';
import { bodyOf, errorOf } from './replies.ts';
import type { Reply } from './reply.ts';
import { bodyRefusal, urlRefusal, withoutQueries } from './upload-replies.ts';

export interface UploadTarget {
  readonly manager: string;
  /** Asked first. */
  readonly node: string;
  readonly tenant: string | undefined;
  /** Ours alone: whatever bears it on the manager was made by this restore. */
  readonly snapshot: string;
  /** Of the archive, in bytes. */
  readonly size: number;
}

/** What the manager has of our snapshot. `other`: a row with a file of another size, in bytes, or with none. */
export type FoundUpload =
  | { readonly state: 'absent' | 'whole' }
  | { readonly state: 'other'; readonly size: number | undefined };

/**
 * How the archive came to be on the manager. `stored`: as it should. `replaced`: under an id that existed, whose file it
 * replaced (hazards.md K4). `existing`: refused, as it was there already. `unanswered`: no good answer, yet it is there.
 */
export type UploadOutcome = 'stored' | 'replaced' | 'existing' | 'unanswered';

/** Of an upload; all fields are null, or none is there, when only the file was replaced (contract.md §6.2). */
const Uploaded = z.object({ id: z.string().nullish(), status: z.string().nullish() });

/**
 * Hands one archive to one manager. An upload is never sent a second time here: after whatever is no clear answer, the
 * manager is asked what it has, and the state machine tries again.
 */
export class ArchiveUpload {
  readonly #managers: Managers;
  readonly #target: UploadTarget;
  readonly #timeoutMs: number;

  /** `timeoutMs`: for the manager's reply, once it has everything. */
  constructor(managers: Managers, target: UploadTarget, timeoutMs: number) {
    this.#managers = managers;
    this.#target = target;
    this.#timeoutMs = timeoutMs;
  }

  /** Throws `UnexpectedReply` when a snapshot of our id is there that is no upload. */
  async look(): Promise<FoundUpload> {
    const { manager, snapshot, size } = this.#target;
    const row = await (await this.#open()).snapshot(snapshot);
    if (!row) return { state: 'absent' };
    if (row.status !== 'uploaded') {
      throw new UnexpectedReply(
        `Snapshot ${snapshot} on manager ${manager} is "${row.status}" and not an upload of this restore, whose id it has. Nothing was touched. Find out which program made it.`,
      );
    }
    const stored = await this.#storedSize();
    return stored === size ? { state: 'whole' } : { state: 'other', size: stored };
  }

  /** Removes what bears our id. */
  async remove(): Promise<void> {
    const { manager, snapshot } = this.#target;
    const outcome = await (await this.#open()).deleteSnapshot(snapshot);
    if (outcome !== 'refused') return;
    throw new ManagerUnavailable(
      `Manager ${manager} does not delete its half-uploaded snapshot ${snapshot}: an execution works on it.`,
    );
  }

  /** `path`: with the URL in its query, below `/api/v3.1`. Throws `UrlUnreachable`, never with the query of the URL. */
  async byUrl(path: string, url: string): Promise<UploadOutcome> {
    const put = async (http: ManagerHttp) => {
      // No body and no content type (contract.md §6.1).
      const reply = await http.call({ method: 'PUT', path, timeoutMs: this.#timeoutMs });
      return { ...reply, message: withoutQueries(reply.message, url) };
    };
    return await this.#send(put, (reply, at) => urlRefusal(reply, at, path));
  }

  /** `sent` is told of every piece, in bytes. Throws the errors of the source too. */
  async byBody(source: ByteSource, sent: (bytes: number) => void): Promise<UploadOutcome> {
    const { snapshot, size } = this.#target;
    const put = async (http: ManagerHttp) => {
      const bytes = await source.read(0, source.size);
      const body = exactly(size, sent);
      // What goes wrong in the source is seen by the request as well, which ends by it.
      const piped = pipeline(bytes, body).catch(() => undefined);
      try {
        return await http.upload(`${pathOf(snapshot)}/archive`, body, size, this.#timeoutMs);
      } finally {
        body.destroy();
        await piped;
      }
    };
    return await this.#send(put, (reply, at) => bodyRefusal(reply, at, size));
  }

  async #send(
    put: (http: ManagerHttp) => Promise<Reply>,
    refusal: (reply: Reply, at: string) => Error,
  ): Promise<UploadOutcome> {
    try {
      const { reply, at } = await onFirstThatConnects((await this.#open()).nodes, put);
      if (reply.status === 201) return this.#accepted(reply, at);
      if (reply.status === 401) throw await this.#rejected(reply, at);
      if (reply.status === 409 && reply.code === 'conflict_error') return await this.#conflict(at);
      throw refusal(reply, at);
    } catch (error) {
      if (!(error instanceof ManagerUnavailable) || error instanceof NotConnected) throw error;
      // Done but not said, perhaps. If that cannot be found out either, the failure is what matters.
      const found = await this.look().catch(() => undefined);
      if (found?.state === 'whole') return 'unanswered';
      throw error;
    }
  }

  #accepted(reply: Reply, at: string): UploadOutcome {
    const { id, status } = bodyOf(Uploaded, reply, at);
    if (id === this.#target.snapshot && status === 'uploaded') return 'stored';
    if (id === null || id === undefined) return 'replaced';
    throw new UnexpectedReply(`${at} answered with snapshot "${id}", ${status}.`);
  }

  /** Credentials were good a moment ago: rotated since, or not good for this. Looking again tells. */
  async #rejected(reply: Reply, at: string): Promise<Error> {
    this.#managers.forget(this.#target.manager);
    await (await this.#open()).snapshot(this.#target.snapshot);
    const rejected = errorOf(reply, at);
    return new ManagerUnavailable(`${rejected.message} It takes them elsewhere: were they changed during the upload?`);
  }

  async #conflict(at: string): Promise<UploadOutcome> {
    const { state } = await this.look();
    if (state === 'whole') return 'existing';
    const what = state === 'absent' ? 'does not show it' : 'its file is not the archive';
    throw new ManagerUnavailable(`${at} says that it has a snapshot of this id already, but ${what}.`);
  }

  /** Of the file, in bytes, on the first node that answers; undefined when there is none. */
  async #storedSize(): Promise<number | undefined> {
    const { manager, snapshot, tenant } = this.#target;
    const read = async ({ node }: ManagerHttp) =>
      (await (await this.#managers.archive(manager, node, snapshot, tenant)).facts()).size;
    try {
      return (await onFirstThatConnects((await this.#open()).nodes, async (http) => ({ size: await read(http) }))).reply
        .size;
    } catch (error) {
      if (error instanceof SnapshotLost || error instanceof ArchiveEmpty) return undefined;
      throw error;
    }
  }

  async #open(): Promise<ManagerClient> {
    const { manager, node, tenant } = this.#target;
    return await this.#managers.open(manager, node, tenant);
  }
}

/** Another node only when this one took no connection, so that none can have begun with what the next one is given. */
async function onFirstThatConnects<T>(
  nodes: readonly ManagerHttp[],
  ask: (http: ManagerHttp) => Promise<T>,
): Promise<{ reply: T; at: string }> {
  let failure: unknown;
  for (const http of nodes) {
    try {
      return { reply: await ask(http), at: `Manager ${http.manager} at ${http.node} (upload)` };
    } catch (error) {
      if (!(error instanceof NotConnected)) throw error;
      failure ??= error;
    }
  }
  throw failure ?? new ManagerUnavailable('The manager has no endpoint.');
}

/**
 * Passes on exactly so many bytes, or fails: the HTTP library sends an empty body as one that is meant to be empty, and
 * a manager of 6.4 and older makes a row without a file of that (contract.md §6.1).
 */
function exactly(size: number, sent: (bytes: number) => void): Transform {
  let left = size;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      left -= chunk.length;
      sent(chunk.length);
      done(null, chunk);
    },
    flush(done) {
      if (left === 0) done();
      else done(new StorageUnavailable(`The archive gave ${size - left} bytes where ${size} were to be uploaded.`));
    },
  });
}
