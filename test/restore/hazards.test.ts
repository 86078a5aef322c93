import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { SnapshotId } from '../../lib/base/ids.ts';
import { restoreOf } from '../../lib/restore/input.ts';
import { manager } from '../support/breakages.ts';
import { changesAsked } from '../support/restore-breakages.ts';
import { type Also, playRestore } from '../support/restores.ts';
import { seeded } from '../support/seeded.ts';

/*
 * The hazards of the manager's snapshot API that an upload, a restore or its status can meet, by their numbers. Only an
 * export meets the others: K1, K2, K14 (its ids), K16, K17 and K20 (a download); they are in hazards.test.ts. K13
 * is about what a deployment does with archives.
 */

/** Hazards that a case of the fault table is about: by file and the name of the case, which must be there. */
const CASES: readonly (readonly [hazard: string, file: string, name: string])[] = [
  ['K3 a page that is no archive, before', 'restore-url', 'an HTML page with ranges'],
  ['K3 half an archive, before', 'restore-url', 'half an archive'],
  ['K3 other bytes, after', 'restore-stored', 'other bytes of the same number'],
  ['K3 cut short, after', 'restore-stored', 'cut short and accepted'],
  ['K4 a reply without a snapshot is a finding', 'restore-stored', 'an answer without a snapshot'],
  ['K5 more than 300 s', 'restore-upload', 'a manager that needs more than its 300 s: streamed'],
  ['K5 looked for after a 5xx', 'restore-stored', 'every answer is a 500, and all is done'],
  [
    'K6 the address in the reply of a failed fetch',
    'restore-upload',
    'by URL and no other way: what to do is said, the URL is not',
  ],
  ['K6 the address that a person gave', 'restore-url', 'what signs the address is nowhere to be seen'],
  ['K7 schemes', 'restore-input', 'an address of another kind'],
  ['K8 not-running before it begins', 'restore-timeline', 'the message is lost: not started, and it never will be'],
  ['K8 not-running after a failure', 'restore-timeline', 'with a reason'],
  [
    'K8 running for ever',
    'restore-timeline',
    'the worker dies in the middle: unknown, at the deadline, and nothing is touched',
  ],
  ['K8 not-running without an end', 'restore-timeline', 'the worker cannot report its end'],
  ['K8 running after the end', 'restore-cluster', 'a flag that stays although the restore has ended well'],
  [
    'K9 other passwords afterwards',
    'restore-credentials',
    'the manager takes the credentials of the source, which are in its own secret',
  ],
  [
    'K9 a while without any',
    'restore-credentials',
    'the same password with another salt: 401 for a while, then the manager takes it again',
  ],
  ['K9 what a look may meet', 'restore-timeline', 'bad gateways'],
  ['K10 an older target', 'restore-target', 'older than the archive'],
  ['K10 a target that holds something', 'restore-target', 'not empty'],
  ['K11 parts left out', 'restore-verify', 'what is missing is said, and stands in the evidence'],
  ['K12 other executions, before', 'restore-busy', 'for some minutes'],
  [
    'K12 other executions, since',
    'restore-start',
    'something has begun since the check: waited for, and not asked meanwhile',
  ],
  ['K18 maintenance mode', 'restore-busy', 'in maintenance mode: restored, and left in it'],
  ['K18 several managers at work', 'restore-cluster', 'three nodes: told to stop all but one'],
  ['K19 a reboot', 'restore-certificates', 'the machine reboots at the end; the restore is over when it is back'],
  ['K19 a reboot without end', 'restore-certificates', 'a machine that never comes back from its reboot'],
  [
    'K21 the flag of another node',
    'restore-cluster',
    'the worker of another node takes it: its flag and its stopped services count',
  ],
  [
    'K21 a node that is not known',
    'restore-cluster',
    'behind a load balancer of which one address is known, a restore on a node that is not',
  ],
  ['K22 ids with dots and slashes', 'restore-input', 'an archive with a slash'],
  ['K25 ghosts of old', 'restore-busy', 'with the ghost of an old restore: it is cleared'],
  ['K25 ghosts of ours', 'restore-start', 'refused for ever: no ghost is left to block the manager'],
  [
    'K26 a broker that is down',
    'restore-start',
    'the broker is down: nobody ever takes it; it is cancelled and not started when the broker is back',
  ],
  ['K27 pages of a rate limit', 'restore-timeline', 'a rate limit'],
  [
    'K29 other bytes under the same size and time',
    'restore-select',
    'storage holds other bytes than the manifest vouches for',
  ],
];

test.each(CASES)('%s: %s, "%s"', async (_hazard, file, name) => {
  const text = await readFile(new URL(`../faults/${file}.test.ts`, import.meta.url), 'utf8');
  const quoted = ["'", '`', ' '].some((before) => text.includes(`${before}${name}`));
  expect(quoted, 'the case is there').toBe(true);
});

/** What was asked of the manager, in one text. */
const uploads: (both: Parameters<Also>[0]) => URL[] = ({ target }) =>
  target.requests
    .filter(({ method, path }) => method === 'PUT' && path.includes('snapshot_archive_url='))
    .map(({ path }) => new URL(new URLSearchParams(path.slice(path.indexOf('?'))).get('snapshot_archive_url') ?? ''));

describe.each(['5.0.5', '6.4.2', '7.0.5'])('%s', (version) => {
  test('K4: two restores never use one id', async () => {
    const ids: string[] = [];
    await playRestore({
      name: 'K4',
      world: { version, secret: { drillTarget: true } },
      input: { purpose: 'drill' },
      prepare: async (both) => {
        await both.restore({ dryRun: true });
        const { outcome } = await both.restore({ archive: 'offsite-20200101T000000Z' });
        expect(outcome.status).toBe('FAILED');
      },
      ends: 'SUCCEEDED',
      holds: 'nothing',
      also: async (both) => {
        ids.push(...(await both.evidence()).map(({ restore }) => restore));
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids.length).toBeGreaterThan(1);
      },
    });
  });

  test('K6: the address that the manager gets is good for ten minutes, for one version of one object', async () => {
    await playRestore({
      name: 'K6',
      world: { version },
      ends: 'SUCCEEDED',
      also: (both, _result, evidence) => {
        const [url] = uploads(both);
        expect(Number(url?.searchParams.get('X-Amz-Expires'))).toBeLessThanOrEqual(600);
        expect(url?.searchParams.get('versionId')).toBe(evidence?.archive?.versionId);
        expect(url?.pathname).toBe(`/offsite/${evidence?.archive?.key}`);
      },
    });
  });

  test('K6: a manager that echoes it in its refusal puts it nowhere of ours', async () => {
    await playRestore({
      name: 'K6',
      world: { version },
      input: { method: 'url' },
      broken: manager('uploadFetchFails', { reason: 'SSLError' }),
      ends: 'UrlUnreachable',
      also: (both, { output }) => {
        const [url] = uploads(both);
        const signature = url?.searchParams.get('X-Amz-Signature') ?? '';
        expect(signature).toMatch(/^[0-9a-f]{64}$/);
        expect([output, ...both.world.logs].join('\n')).not.toContain(signature);
      },
    });
  });

  test('K7: the host is that of the bucket', async () => {
    await playRestore({
      name: 'K7',
      world: { version },
      ends: 'SUCCEEDED',
      also: (both) => expect(uploads(both).map(({ origin }) => origin)).toEqual([both.world.s3.url]),
    });
  });

  test('K15: an id stands in the path of every upload', async () => {
    await playRestore({
      name: 'K15',
      world: { version },
      broken: manager('uploadKilled', {}, { path: /snapshot_archive_url/ }),
      ends: 'SUCCEEDED',
      also: (both) => {
        const puts = both.target.requests.filter(({ method }) => method === 'PUT').map(({ path }) => path);
        expect(puts.length).toBeGreaterThan(1);
        for (const path of puts)
          expect(path).toMatch(/^\/api\/v3\.1\/snapshots\/offsite-restore-[\w-]+\/archive(\?|$)/);
      },
    });
  });

  test('K23: what was uploaded, and any user can download, does not stay', async () => {
    await playRestore({
      name: 'K23',
      world: { version },
      ends: 'SUCCEEDED',
      also: ({ target: { state } }, _result, evidence) => {
        expect(state.snapshots).toEqual([]);
        // Before 6.3 nothing on a manager can remove it once the restore has forgotten its row: people are told.
        const stays = state.files.size > 0;
        expect(stays).toBe(version === '5.0.5');
        expect(evidence?.notes.join(' ').includes('is still on the disk')).toBe(stays);
      },
    });
  });

  test('K25: nothing is ever killed or cancelled by its worker', async () => {
    await playRestore({
      name: 'K25',
      world: { version },
      broken: manager('restoreNeverStarts', {}),
      ends: 'RestoreUnknown',
      also: (both) => {
        const orders = changesAsked(both).filter((one) => one.includes('/executions/'));
        expect(orders.map((one) => one.split(' ')[0])).toEqual(['PATCH']);
      },
    });
  });

  test("K28: neither the manager's own passwords nor those of its parameters are ever kept", async () => {
    await playRestore({
      name: 'K28',
      world: { version },
      ends: 'SUCCEEDED',
      // They are in what it answers: that none of them is in any output is checked after every restore.
      also: ({ target }) => expect(target.databasePassword).toMatch(/^canary-/),
    });
  });
});

test('K22: no id of a restore can climb out of its folder, whatever the execution is called', () => {
  for (const random of seeded(500)) {
    const startTime = new Date(Date.UTC(1970, 0) + random() * Date.UTC(2200, 0)).toISOString();
    const id = Array.from({ length: 40 }, () => String.fromCharCode(33 + Math.floor(random() * 90))).join('');
    const { snapshot } = restoreOf({ manager: 'm2' }, { id, startTime });
    expect(SnapshotId.parse(snapshot)).toMatch(/^offsite-restore-\d{8}T\d{6}Z-[0-9a-f]{8}$/);
  }
});

test.each(['6.4.2', '7.0.2', '7.0.5'])('K27: %s with the rate limit of the vendor', async (version) => {
  await playRestore({
    name: 'K27',
    world: { version, target: { rateLimit: true } },
    ends: 'SUCCEEDED',
    also: ({ target }) => {
      const refused = target.requests.filter(({ status }) => status === 503).length;
      expect(refused).toBeGreaterThan(0);
    },
  });
});
