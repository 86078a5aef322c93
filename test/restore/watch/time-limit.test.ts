import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { Agent, Dispatcher } from 'undici';
import { describe, expect, test } from 'vitest';
import { checkRestore } from '../../../functions/check-restore.ts';
import { checkTarget } from '../../../functions/check-target.ts';
import { checkUpload } from '../../../functions/check-upload.ts';
import { findTarget } from '../../../functions/find-target.ts';
import { startRestore } from '../../../functions/start-restore.ts';
import { tidyTarget } from '../../../functions/tidy-target.ts';
import { uploadArchive } from '../../../functions/upload-archive.ts';
import { verifyRestore } from '../../../functions/verify-restore.ts';
import { Redactor } from '../../../lib/base/redact.ts';
import { defaults } from '../../../lib/base/settings.ts';
import type { Deps } from '../../../lib/deps.ts';
import { Managers } from '../../../lib/manager/managers.ts';
import type { RestoreInput } from '../../../lib/restore/input.ts';
import { restoreSteps } from '../../../lib/restore/steps.ts';
import { crc32ToBase64 } from '../../../lib/zip/crc32.ts';
import { VirtualClock } from '../../support/clock.ts';
import { execution, partsOf } from '../../support/restore-parts.ts';

/**
 * How long a step takes at worst, in virtual time: a manager of ten nodes, with four credentials to try, whose nodes take
 * as long as a call lets them. A function that is ended in the middle cannot say what it knows.
 */

const nodes = Array.from({ length: 10 }, (_, n) => `https://10.0.0.${n + 1}`);
const input: RestoreInput = {
  ...{ manager: 'm1', sourceManager: 'm0', restoredCredentialsSecret: 'm9', purpose: 'drill', tenantName: 't1' },
};
/** All four credentials may be tried. */
const AUTHORITY = { restoreFrom: ['m0'], restoredCredentials: 'm9' };
const parts = partsOf(input);
const { run, plan, upload } = parts;
/** What storage and every node give, in pieces as in a whole. */
const BYTES = Buffer.alloc(1000);
const sum = crc32ToBase64(crc32(BYTES));
const selection = { ...parts.selection, size: BYTES.length, crc32: sum };
const restoring = { ...parts.restoring, status: 'running' as const, terminatedSince: null, wellSince: null };

interface Asked {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  readonly headersTimeout: number;
  readonly headers: Record<string, string>;
}
interface Answer {
  readonly seconds: number;
  readonly status?: number;
  readonly json?: unknown;
  readonly code?: string;
}
type Behaviour = (asked: Asked) => Answer;

const list = (...items: unknown[]) => ({ metadata: { pagination: { total: items.length } }, items });
const row = (status: string) => ({
  ...{ id: 'exec-1', workflow_id: 'restore_snapshot', status, created_at: run.startedAt, error: '' },
  ...{ parameters: { snapshot_id: run.snapshot } },
});

/** What a manager says, whenever it says something. */
function content({ path, method }: Asked, status: string): Pick<Answer, 'status' | 'json'> {
  if (method === 'DELETE') return { status: 204, json: undefined };
  if (/\/snapshot-status/.test(path)) return { json: { status: status === 'started' ? 'running' : 'not-running' } };
  if (/\/executions\/exec-1/.test(path)) return { json: row(status) };
  if (/\/executions\?/.test(path)) return { json: list(row(status)) };
  if (/\/snapshots\/[^?]+/.test(path)) return { json: { id: run.snapshot, status: 'uploaded' } };
  if (/\/ok$/.test(path)) return { json: 'OK' };
  if (/\/version/.test(path)) return { json: { version: '6.4.1', edition: 'premium' } };
  if (/\/maintenance/.test(path)) return { json: { status: 'deactivated' } };
  if (/[/-]status/.test(path)) return { json: { status: 'OK', services: {} } };
  return {
    json: list({
      id: 'x',
      key: 'x',
      name: 'x',
      username: 'x',
      tenant_name: 'default_tenant',
      hostname: 'h',
      status: 'created',
    }),
  };
}

const never = ({ headersTimeout }: Asked): Answer => ({
  seconds: headersTimeout / 1000,
  code: 'UND_ERR_HEADERS_TIMEOUT',
});
const unreachable = ({ headersTimeout }: Asked): Answer => ({
  seconds: Math.min(10, headersTimeout / 1000),
  code: 'UND_ERR_CONNECT_TIMEOUT',
});
const isLast = ({ origin }: Asked) => origin === nodes.at(-1);
const slow =
  (status: string): Behaviour =>
  (asked) => ({ seconds: Math.max(0, asked.headersTimeout / 1000 - 0.5), ...content(asked, status) });
const rejecting = ({ path }: Asked): Answer =>
  /snapshot-status|\/ok/.test(path)
    ? { seconds: 0, json: { status: 'not-running' } }
    : { seconds: 0, status: 401, json: {} };

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  'hang, all of them': never,
  'cannot be reached': unreachable,
  'hang, and the last one rejects every password': (asked) => (isLast(asked) ? rejecting(asked) : never(asked)),
  'cannot be reached but the last, whose executions hang': (asked) =>
    isLast(asked) && /snapshot-status/.test(asked.path)
      ? { seconds: 0, json: { status: 'not-running' } }
      : isLast(asked)
        ? never(asked)
        : unreachable(asked),
  'answer as late as they may, and nobody has asked for a restore': (asked) =>
    /restore_snapshot/.test(asked.path) ? { ...slow('pending')(asked), json: list() } : slow('pending')(asked),
  'answer at once until they are asked for the restore, and then hang': (() => {
    let isAsked = false;
    return (asked: Asked) => {
      if (asked.path.endsWith('/restore')) isAsked = true;
      if (asked.path.includes('/executions?')) return isAsked ? never(asked) : { seconds: 0, json: list() };
      return isAsked ? never(asked) : { seconds: 0, ...content(asked, 'pending') };
    };
  })(),
  'answer as late as they may, the restore is pending': slow('pending'),
  'answer as late as they may, the restore is at work': slow('started'),
  'answer as late as they may, the restore is over': slow('terminated'),
  'hang but the last, which answers late, and the restore is over': (asked) =>
    isLast(asked) ? slow('terminated')(asked) : never(asked),
};

const secretOf = (name: string, version = 'current') =>
  JSON.stringify({ endpoints: nodes, username: `${name}-${version}`, password: 'password', drillTarget: true });

const bodyOf = (json: unknown) =>
  Object.assign(Readable.from(json === undefined ? [] : [Buffer.from(JSON.stringify(json))]), {
    dump: async () => undefined,
  });

function depsWith(behaviour: Behaviour): Deps {
  const clock = new VirtualClock(run.startedAt);
  const settings = defaults;
  const request = async (asked: Asked) => {
    const { seconds, code, status = 200, json } = behaviour(asked);
    clock.advance(seconds);
    if (code !== undefined) throw Object.assign(new Error(code), { code });
    const headers = { date: clock.now().toUTCString(), 'content-length': '1000' };
    return { statusCode: status, headers, body: bodyOf(json) };
  };
  /** The way in which an archive is read: pieces come as they arrive. */
  const dispatch = (asked: Asked, handler: Dispatcher.DispatchHandler) => {
    const { seconds, code, status = 200 } = behaviour(asked);
    clock.advance(seconds);
    const controller = { pause: () => undefined, resume: () => undefined, abort: () => undefined } as never;
    handler.onRequestStart?.(controller, {});
    if (code !== undefined) {
      handler.onResponseError?.(controller, Object.assign(new Error(code), { code }));
      return;
    }
    handler.onResponseStart?.(controller, status, { 'content-length': '1000' }, 'OK');
    handler.onResponseData?.(controller, BYTES);
    handler.onResponseEnd?.(controller, {});
  };
  const signal = new AbortController().signal;
  const use = {
    settings,
    redactor: new Redactor(),
    signal,
    now: clock.now,
    maySend: () => true,
    connect: () => ({ request, dispatch }) as unknown as Agent,
  };
  const claim = {
    value: { manager: run.manager, execution: execution.id, state: 'held' },
    etag: 'x',
  };
  const manifest = {
    value: {
      manager: { id: selection.manager },
      snapshot: { id: selection.snapshot },
      inventory: { totals: {}, tenants: {} },
    },
    etag: 'x',
  };
  const read = async (key: string) => (key.startsWith('manifests/') ? manifest : claim);
  const bytes = { size: 1000, read: async (_: number, length: number) => Readable.from([Buffer.alloc(length)]) };
  return {
    ...{ clock, settings, signal, redactor: use.redactor },
    managers: new Managers({ read: async (name, version) => secretOf(name, version) }, use),
    archive: {
      records: { read, write: async () => true },
      source: () => bytes,
      head: async () => ({ size: BYTES.length, crc32: sum }),
      presign: async () => 'https://bucket.example/x',
    },
    executions: { isRunning: async () => 'ended' },
    rulesOf: () => AUTHORITY,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  } as unknown as Deps;
}

type StepName = keyof typeof restoreSteps;
/** None of ours but what a slow manager is worth: a shape that the double does not know would end a step too soon. */
const OURS = /^(done|ManagerUnavailable|ManagerBusy|CredentialsRejected|RestoreUnknown|TargetNotEmpty)/;
const given = { input, run, selection };
const STEPS: Readonly<Partial<Record<StepName, (deps: Deps) => Promise<unknown>>>> = {
  FindTarget: (deps) => findTarget.run({ input, execution }, deps),
  CheckTarget: (deps) => checkTarget.run(given, deps),
  UploadArchive: (deps) => uploadArchive.run({ ...given, method: 'url', compared: [{ span: 1, crc32: sum }] }, deps),
  CheckUpload: (deps) => checkUpload.run({ ...given, upload }, deps),
  StartRestore: (deps) => startRestore.run({ ...given, execution: execution.id }, deps),
  CheckRestore: (deps) => checkRestore.run({ ...given, restoring }, deps),
  VerifyRestore: (deps) => verifyRestore.run({ ...given, plan, restoring: parts.restoring }, deps),
  TidyTarget: (deps) =>
    tidyTarget.run({ input, execution, state: { run, selection, plan, upload, restoring: parts.restoring } }, deps),
};

describe.each(Object.entries(STEPS) as [StepName, (deps: Deps) => Promise<unknown>][])(
  '%s ends in time',
  (step, runIt) => {
    test.each(Object.entries(BEHAVIOURS))('when ten nodes %s', async (_, behaviour) => {
      const deps = depsWith(behaviour);
      const before = deps.clock.now().getTime();
      const outcome = await runIt(deps).then(
        () => 'done',
        (error: Error) => `${error.name}: ${error.message}`,
      );
      const seconds = (deps.clock.now().getTime() - before) / 1000;
      expect(seconds).toBeLessThan(restoreSteps[step].timeoutSeconds - 10);
      expect(outcome, 'an internal error, or none').toMatch(OURS);
    });
  },
);
