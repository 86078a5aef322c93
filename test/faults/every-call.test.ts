import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import * as errors from '../../lib/base/errors.ts';
import { Redactor } from '../../lib/base/redact.ts';
import { defaults } from '../../lib/base/settings.ts';
import { ArchiveUpload } from '../../lib/manager/archive-upload.ts';
import { ManagerClient } from '../../lib/manager/client.ts';
import { Lists } from '../../lib/manager/lists.ts';
import { Managers } from '../../lib/manager/managers.ts';
import { checkServices, probeAll } from '../../lib/manager/node-probe.ts';
import { activeExecutions, isListed, listRestores } from '../../lib/manager/restore-executions.ts';
import { lookAtRestore, maintenanceOf, requestRestore, restoreFlags } from '../../lib/manager/restoring.ts';
import { ArchiveBucket } from '../../lib/storage/archive-bucket.ts';
import { JsonRecords } from '../../lib/storage/json-records.ts';
import { Multipart } from '../../lib/storage/multipart.ts';
import { Protection } from '../../lib/storage/protection.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { readExactly } from '../../lib/zip/byte-cursor.ts';
import { WRONG_REPLIES, WrongServer } from '../support/wrong-replies.ts';

/** Every call that a client makes, answered wrongly in every way: it ends, with a name, and believes nothing. */
const ROW = { id: 's1', status: 'created', error: '', createdAt: new Date('2026-11-22T02:00:00Z') };
const manager = new WrongServer(JSON.stringify({ ...ROW, items: [], metadata: { pagination: { total: 0 } } }));
const store = new WrongServer('<?xml version="1.0" encoding="UTF-8"?><Result><Other>k</Other></Result>');
const signal = new AbortController().signal;
const archive = Buffer.from('an archive');

let managers: Managers;
let client: ManagerClient;
let bucket: ArchiveBucket;
let s3: ReturnType<typeof s3Client>;
let node: string;
beforeAll(async () => {
  node = await manager.start();
  const secret = { endpoints: [node], username: 'admin', password: 'secret-secret' };
  const source = { read: async () => JSON.stringify(secret) };
  const settings = { ...defaults, managerTimeoutMs: 2000, lookTimeoutMs: 2000, managerIdleMs: 2000 };
  managers = new Managers(source, { settings, redactor: new Redactor(), signal, now: () => new Date() });
  client = await managers.open('m1');
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  s3 = s3Client({ endpoint: await store.start(), region: 'us-east-1', credentials, maxAttempts: 1 });
  bucket = new ArchiveBucket(s3, 'bucket', signal);
});
afterAll(async () => {
  await managers.close();
  s3.destroy();
  manager.close();
  store.close();
});

const reader = async () => await managers.archive('m1', node, 's1');
const pinned = { size: 10, etag: '"e"', ranges: true };
const upload = () =>
  new ArchiveUpload(managers, { manager: 'm1', node, tenant: undefined, snapshot: 's1', size: 10 }, 2000);
const body = {
  size: 10,
  read: async (start: number, length: number) => Readable.from(archive.subarray(start, start + length)),
};

const OPTIONS = { force: false, recreate_deployments_envs: false, restore_certificates: false, no_reboot: false };
const COLLECTION = { path: '/secrets', type: 'secrets', key: 'key', of: 'tenant' } as const;

type Calls = Readonly<Record<string, () => Promise<unknown>>>;

/** Of which a 200 with an odd body is no answer. */
const MANAGER_READS: Calls = {
  requestSnapshot: () => client.requestSnapshot('s1'),
  snapshot: () => client.snapshot('s1'),
  snapshots: () => client.snapshots('s'),
  execution: () => client.execution('e1'),
  creationOf: () => client.creationOf(ROW),
  refuseDuringRestore: () => client.refuseDuringRestore(),
  activeExecutions: () => activeExecutions(client),
  listRestores: () => listRestores(client),
  isListed: () => isListed(client, 's1'),
  probeAll: async () => {
    for (const found of await probeAll(client.nodes)) if ('failure' in found) throw found.failure;
  },
  checkServices: async () => await checkServices((await managers.nodes('m1'))[0] as never, 'Manager m1'),
  maintenanceOf: () => maintenanceOf(client),
  requestRestore: () => requestRestore(client, 's1', OPTIONS, 2000),
  'lists total': () => new Lists(client, COLLECTION, '7.0.5').total(),
  'lists rows': () => new Lists(client, COLLECTION, '7.0.5').rows(() => false),
  'archive facts': async () => (await reader()).facts(),
  'archive bytes': async () => (await reader()).bytes(pinned, 0, 10),
  'archive pour': async () => (await reader()).pour(pinned, 0, 10, () => undefined),
  'upload look': () => upload().look(),
  'upload by body': () => upload().byBody(body, () => undefined),
  'upload by URL': () => upload().byUrl('/snapshots/s1/archive?snapshot_archive_url=u', 'http://u/'),
};
/** Whose answer is the status, or which give what they saw. */
const MANAGER_OTHERS: Calls = {
  deleteSnapshot: () => client.deleteSnapshot('s1'),
  cancel: () => client.cancel('e1'),
  markCancelled: () => client.markCancelled('e1'),
  call: () => client.call({ path: '/x' }),
  callOnce: () => client.callOnce({ path: '/x' }),
  'upload remove': () => upload().remove(),
  restoreFlags: () => restoreFlags(client),
  lookAtRestore: () => lookAtRestore(client, 'e1'),
};

const STORE_READS: Calls = {
  head: () => bucket.head('k', 'v'),
  versions: () => bucket.versions('archives/'),
  roots: () => bucket.roots(),
  source: () => readExactly(bucket.source('k', 'v', 10), 0, 10, {}),
  'records read': () => bucket.records.read('runs/m1/r.json', z.strictObject({ schema: z.string() })),
  'records list': () => bucket.records.list('runs/'),
  'records names': () => bucket.records.names('runs/'),
  'records folders': () => bucket.records.folders('runs/'),
  create: () => bucket.multipart.create('k', {}),
  listParts: () => bucket.multipart.listParts('k', 'u').next(),
};
/** What a store may not know at all (501), and then something else takes its place. */
const STORE_OPTIONAL: Calls = {
  list: () => bucket.multipart.list('k'),
  tagsOf: () => bucket.protection.tagsOf({ key: 'k' }),
};
const part = { number: 1, body: archive, crc32: 'AAAAAA==' };
const whole = { parts: [{ number: 1, size: 10, etag: '"e"', crc32: 'AAAAAA==' }], crc32: 'AAAAAA==', size: 10 };
const STORE_OTHERS: Calls = {
  // A setting that is not set is an empty document.
  settings: () => bucket.settings(),
  'records write': () => bucket.records.write('runs/m1/r.json', {}, 'absent'),
  'records remove': () => bucket.records.remove('runs/m1/r.json'),
  putPart: () => bucket.multipart.putPart('k', 'u', part),
  complete: () => bucket.multipart.complete('k', 'u', whole),
  abort: () => bucket.multipart.abort('k', 'u'),
  abortUploads: () => bucket.abortUploads('k'),
  removeUnrecorded: () => bucket.removeUnrecorded('k', 'v'),
  tag: () => bucket.protection.tag({ key: 'k' }, {}),
  legalHold: () => bucket.protection.legalHold({ key: 'k' }),
  setLegalHold: () => bucket.protection.setLegalHold({ key: 'k' }, 'on'),
  lock: () => bucket.protection.lock({ key: 'k' }, 'governance', new Date()),
};

async function outcomeOf(call: () => Promise<unknown>): Promise<string> {
  const late = new Promise<string>((resolve) => setTimeout(resolve, 8000, 'no end').unref());
  const done = call().then(
    () => 'believed',
    (error: unknown) => {
      if (!(error instanceof errors.OffsiteError)) return `no name: ${String(error)}`;
      expect(error.message).not.toMatch(/\n|secret-secret/);
      return error.name === 'ContractViolation' ? `a defect: ${error.message}` : 'named';
    },
  );
  return await Promise.race([done, late]);
}

async function walk(calls: Calls, allowed: readonly string[]): Promise<void> {
  const odd: string[] = [];
  for (const [name, call] of Object.entries(calls)) {
    const outcome = await outcomeOf(call);
    if (!allowed.includes(outcome)) odd.push(`${name}: ${outcome}`);
  }
  expect(odd).toEqual([]);
}

describe.each(Object.entries(WRONG_REPLIES))('%s', (how, answer) => {
  test('at every call to a manager', async () => {
    manager.answer = answer;
    await walk(MANAGER_READS, ['named']);
    await walk(MANAGER_OTHERS, ['named', 'believed']);
  });
  test('at every call to a store', async () => {
    store.answer = answer;
    await walk(STORE_READS, ['named']);
    await walk(STORE_OPTIONAL, how === '501' ? ['believed'] : ['named']);
    await walk(STORE_OTHERS, ['named', 'believed']);
  });
});

test('no call is left out', () => {
  const methods = [ManagerClient, Multipart, JsonRecords, Protection].flatMap(({ prototype }) =>
    Object.getOwnPropertyNames(prototype).filter(
      (name) => typeof Object.getOwnPropertyDescriptor(prototype, name)?.value === 'function' && name !== 'constructor',
    ),
  );
  const tried = [MANAGER_READS, MANAGER_OTHERS, STORE_READS, STORE_OPTIONAL, STORE_OTHERS].flatMap((calls) =>
    Object.keys(calls),
  );
  // `knows` hands on to the seal, which reads by `records read` and `records list`.
  const words = ['knows', ...tried.map((name) => name.replace('records ', ''))];
  expect(methods.filter((name) => !words.includes(name))).toEqual([]);
});
