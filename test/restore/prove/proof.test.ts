import { afterEach, describe, expect, test } from 'vitest';
import type { StepName } from '../../../lib/base/step-names.ts';
import { manager } from '../../support/breakages.ts';
import { changesAsked, timesOut } from '../../support/restore-breakages.ts';
import { type Also, playRestore, type RestoreCase } from '../../support/restores.ts';
import { serve, type Web } from '../../support/web-server.ts';

const verifying = { step: 'VerifyRestore' } as const;

const PAGES: readonly RestoreCase[] = [
  {
    name: 'in place of a list',
    broken: manager('htmlError', { status: 404 }, { ...verifying, path: /\/(users|secrets|blueprints)/ }),
    ends: 'ManagerUnavailable',
    says: /list users.*404.*what manager m2 holds was not compared/,
  },
  {
    name: 'in place of everything but the status',
    broken: manager('htmlError', { status: 404 }, { ...verifying, path: /v3\.1\/(?!ok|status)/ }),
    ends: 'ManagerUnavailable',
  },
  {
    name: 'in place of the log of the restore',
    broken: manager('htmlError', { status: 404 }, { ...verifying, path: /\/events/ }),
    ends: 'ManagerUnavailable',
    says: /log of the restore.*404/,
  },
  {
    name: 'for a while',
    broken: manager('htmlError', { status: 404 }, { ...verifying, path: /\/(secrets|events)/, times: 4 }),
    ends: 'SUCCEEDED',
    says: /All 12 types in 2 tenants agree/,
  },
];

describe.each(['5.2.7', '7.0.5'])("a proxy's 404 page while %s is compared with the archive", (version) => {
  test.each(PAGES)('$name', async (one) => await playRestore({ ...one, world: { version } }));
});

const untouched: Also = (both) => expect(changesAsked(both)).toEqual([]);

describe('the secret that is to be good after a restore', () => {
  const broken = { endpoints: ['http://127.0.0.1:1'], username: 'admin' };

  test('and is malformed is refused before anything is touched', async () => {
    await playRestore({
      name: 'malformed',
      world: { version: '6.4.2', otherSecrets: { later: broken }, rules: { restoredCredentials: 'later' } },
      input: { restoredCredentialsSecret: 'later' },
      ends: 'InvalidSecret',
      says: /credentials for after the restore are of no use: The secret of manager later.*Nothing was restored/,
      holds: 'nothing',
      also: untouched,
    });
  });

  test('stands in the plan of a dry run', async () => {
    await playRestore({
      name: 'dry',
      world: { version: '6.4.2', otherSecrets: { later: broken }, rules: { restoredCredentials: 'later' } },
      input: { restoredCredentialsSecret: 'later', dryRun: true },
      ends: 'SUCCEEDED',
      messages: 0,
      unclaimed: true,
      holds: 'nothing',
      also: (_both, { outcome }) => {
        const { plan } = (outcome as { output: { plan: { refusals: { error: string }[] } } }).output;
        expect(plan.refusals.map(({ error }) => error)).toEqual(['InvalidSecret']);
      },
    });
  });
});

describe('an archive at a URL that is replaced by one of the same size', () => {
  const open: Web[] = [];
  afterEach(async () => void (await Promise.all(open.splice(0).map((web) => web.close()))));

  const AFTER: readonly StepName[] = ['CheckTarget', 'UploadArchive', 'CheckUpload'];
  const cases = AFTER.flatMap((step) => [
    [step, 'its ETag', { etag: '"other"' }] as const,
    [step, 'its date', { 'last-modified': 'Mon, 23 Nov 2026 02:00:00 GMT' }] as const,
  ]);

  test.each(cases)('before %s: refused by %s', async (from, _, other) => {
    let archive: Buffer = Buffer.alloc(0);
    let isReplaced = false;
    const first = 'etag' in other ? { etag: '"first"' } : { 'last-modified': 'Sun, 22 Nov 2026 02:00:00 GMT' };
    const web = await serve(({ headers }, reply) => {
      const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
      const shown = isReplaced ? other : first;
      if (!range) {
        reply.writeHead(200, { ...shown, 'content-length': archive.length }).end(archive);
        return;
      }
      const [start, end] = [Number(range[1]), Math.min(Number(range[2]), archive.length - 1)];
      const contentRange = `bytes ${start}-${end}/${archive.length}`;
      reply.writeHead(206, { ...shown, 'content-range': contentRange }).end(archive.subarray(start, end + 1));
    });
    open.push(web);
    await playRestore({
      name: 'replaced',
      prepare: async ({ world }) => {
        const [key = ''] = await world.files('archives');
        archive = await world.bytes(key);
      },
      during: (_both, step) => {
        if (step === from) isReplaced = true;
      },
      input: { sourceManager: undefined, archiveUrl: `${web.url}/a.zip` },
      ends: 'SourceChanged',
      says: /not the one that was selected: its ETag or its date.*Nothing was restored/,
      holds: 'nothing',
    });
  });
});

test.each(['States.Timeout', 'Sandbox.Timedout', 'Lambda.Unknown'])(
  'an upload by URL that ends in %s each time is streamed',
  async (name) => {
    await playRestore({
      name,
      broken: timesOut('UploadArchive', 2, name),
      ends: 'SUCCEEDED',
      also: (_both, _result, evidence) => expect(evidence?.method).toBe('stream'),
    });
  },
);

test('6.4 with a flag that a crashed restore has left: which file has to go', async () => {
  await playRestore({
    name: 'stuck',
    world: { version: '6.4.2' },
    prepare: ({ target }) => target.state.restoreFlags.add(0),
    ends: 'ManagerBusy',
    says: /If none is, .*remove \/opt\/manager\/snapshot_status\/snapshot_restoring on that node/,
    holds: 'nothing',
  });
});

test('a drill that a manager refuses while it looks at the archive removes nothing of what was there', async () => {
  await playRestore({
    name: 'refused',
    world: { version: '6.4.2', target: { holds: 'archive' }, secret: { drillTarget: true } },
    input: { purpose: 'drill', force: true },
    broken: manager('restoreFails', { error: 'Restoring snapshots of newer managers is not supported.' }),
    ends: 'RestoreFailed',
    notes: /Nothing that manager m2 holds was removed after the drill: it had content before/,
    also: ({ target }) => expect(target.state.content.inventory().totals['blueprints']).toBeGreaterThan(0),
  });
});
