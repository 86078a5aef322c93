import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { diskReason } from '../../lib/base/disk-errors.ts';
import { drain } from '../http/body.ts';
import { assertNotExpired } from '../http/presigned.ts';
import type { Reply } from '../http/reply.ts';
import { type Operation, readRequest, type S3Request } from '../http/request.ts';
import { errorReply, faultReply, respond } from '../http/respond.ts';
import { type AccessKey, assertSignature } from '../http/signature.ts';
import { S3Error, type S3ErrorCode } from '../s3-error.ts';
import { hasCode } from '../store/files.ts';
import { type FaultKind, type FaultPlan, flipByte } from './faults.ts';
import type { Context } from './handler.ts';
import { HANDLERS } from './handlers.ts';

const REFUSALS: Partial<Record<FaultKind, S3ErrorCode>> = {
  conflict: 'ConditionalRequestConflict',
  slowDown: 'SlowDown',
  internalError: 'InternalError',
  accessDenied: 'AccessDenied',
};

export interface ServiceContext extends Context {
  readonly faults: FaultPlan;
  readonly access: AccessKey;
  /** Whether a `Host` header names an address at which this server listens. */
  readonly isOurHost: (host: string) => boolean;
}

/** Takes requests from HTTP to the handlers and back, and lets the planned faults happen on the way. */
export class Service {
  readonly #context: ServiceContext;
  readonly #counts = new Map<Operation, number>();
  readonly #running = new Set<Promise<void>>();

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  requests(operation: Operation): number {
    return this.#counts.get(operation) ?? 0;
  }

  /** Never throws and never rejects: whatever a client does, the server goes on. */
  accept(incoming: IncomingMessage, response: ServerResponse): void {
    // A client that goes away is reported by the body's pipeline; without listeners it would also end the process.
    incoming.on('error', () => {});
    response.on('error', () => {});
    const work = this.#serve(incoming, response).catch(() => {
      response.destroy(); // the connection is gone, or half an answer is out: nothing more can be said on it
    });
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  /** When all accepted requests are done. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const resource = (incoming.url ?? '/').replace(/\?.*$/s, '');
    let fault: FaultKind | undefined;
    const reply = await this.#answer(incoming, (met) => {
      fault = met;
    }).catch((error: unknown) => errorReply(asS3Error(error), resource));
    drain(incoming);
    try {
      if (fault === 'resetBefore' || fault === 'lostResponse') response.socket?.destroy();
      else await respond(response, reply, { half: fault === 'truncateRead', flips: fault === 'corruptRead' });
    } finally {
      await reply.file?.handle.close();
    }
  }

  async #answer(incoming: IncomingMessage, meets: (fault: FaultKind | undefined) => void): Promise<Reply> {
    const request = readRequest(incoming);
    const { operation } = request;
    this.#counts.set(operation, this.requests(operation) + 1);
    assertNotExpired(request, this.#context.now());
    assertSignature(request, this.#context.access);
    this.#assertHost(incoming);
    const fault = this.#context.faults.take(request);
    meets(fault);
    if (fault === 'refuseInMidBody') await refuseInMidBody(incoming);
    const instead = fault && this.#insteadOfWork(fault, request);
    if (instead !== undefined) return instead;
    const reply = await HANDLERS[operation](request, this.#context);
    if (fault === 'corruptStored' && reply.stored !== undefined) await flipByte(reply.stored);
    return reply;
  }

  /** A page of another site, whose name was made to resolve to this machine, names that site as its host. */
  #assertHost({ headers: { host = '' } }: IncomingMessage): void {
    if (!this.#context.isOurHost(host)) throw new S3Error('AccessDenied', { message: `${host} is not this server.` });
  }

  #insteadOfWork(fault: FaultKind, { bucket, key }: S3Request): Reply | undefined {
    const code = REFUSALS[fault];
    if (code !== undefined) return faultReply(code, `/${bucket}/${key}`);
    if (fault === 'errorInside200') return { ...faultReply('InternalError', `/${bucket}/${key}`), status: 200 };
    return fault === 'resetBefore' ? { status: 500 } : undefined;
  }
}

/** After the first piece of the body, as a disk that fills. */
async function refuseInMidBody(incoming: IncomingMessage): Promise<never> {
  await once(incoming, 'data');
  incoming.pause();
  throw new S3Error('NotWritable');
}

/** What is no verdict of ours is an internal error: retried by clients, and named. */
function asS3Error(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  const reason = diskReason(error);
  if (reason === undefined) return new S3Error('InternalError', { message: String(error) });
  // What stays as it is until a person does something must not look like a passing fault.
  const code = hasCode(error, 'EMFILE', 'ENFILE')
    ? 'TooManyOpenFiles'
    : hasCode(error, 'EIO')
      ? 'DiskFailed'
      : 'NotWritable';
  return new S3Error(code, { message: `The folder cannot be used: ${reason.what}. ${reason.advice}` });
}
