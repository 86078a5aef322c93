import type { ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { makeArchive } from '../../simulator/archive/make-archive.ts';
import type { RestoreWorld } from '../support/restore-world.ts';
import { type Also, playRestore, type RestoreCase } from '../support/restores.ts';
import { type Hit, serve, type Web, withRanges } from '../support/web-server.ts';

const open: Web[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((web) => web.close()));
});

type Answer = (hit: Hit, reply: ServerResponse, archive: Buffer) => unknown;

/** A restore from a web server that has m1's archive, or says so. */
async function playUrl(one: RestoreCase, answer: Answer, query = ''): Promise<void> {
  let archive: Buffer = Buffer.alloc(0);
  const web = await serve((hit, reply) => answer(hit, reply, archive));
  open.push(web);
  await playRestore({
    ...one,
    prepare: async (both: RestoreWorld) => {
      const [key = ''] = await both.world.files('archives');
      archive = await both.world.bytes(key);
      await one.prepare?.(both);
    },
    input: { sourceManager: undefined, archiveUrl: `${web.url}/backups/a.zip${query}`, ...one.input },
  });
}

const whole: Answer = (hit, reply, archive) => withRanges(() => archive)(hit, reply);

describe('an archive at a URL', () => {
  test('is looked into, then fetched by the manager; what signs the address is nowhere to be seen', async () => {
    const secrets = ['9f8e7d6c5b4a392817', 'b64-of+a/key=='];
    const query = `?sig=${secrets[0]}&key=${encodeURIComponent(secrets[1] ?? '')}`;
    const one: RestoreCase = {
      name: 'good',
      ends: 'SUCCEEDED',
      notes: /comes from outside: its directory and its inventory were read, its \d+ files were not verified/,
      also: (both, { outcome, published }, evidence) => {
        // The input of an execution is what it was given: there the address stands, and nowhere else.
        const seen = JSON.stringify([outcome, published, evidence, both.world.logs]);
        for (const secret of secrets) expect(seen).not.toContain(secret);
        expect(
          both.target.requests.some(({ path }) => path.includes(`${secrets[0]}`)),
          'the manager got it',
        ).toBe(true);
        expect(evidence).toMatchObject({ archive: { key: null, crc32: null }, method: 'url' });
        expect(evidence?.options.archiveUrl).toMatch(/\/backups\/a\.zip$/);
      },
    };
    await playUrl(one, whole, query);
  });

  test('that is another one than a dry run has seen is refused', async () => {
    await playUrl(
      {
        name: 'seen',
        input: { archiveSeen: { size: 12_345, tag: '"12345"' } },
        ends: 'SourceChanged',
        says: /is not the one that was looked at: it had 12345 bytes then, and has \d+ now.*Nothing was restored/,
      },
      whole,
    );
  });

  test('of a legacy manager: with the credentials of the secret that the input names', async () => {
    await playUrl(
      {
        name: 'legacy',
        world: { version: '6.4.2' },
        input: { restoredCredentialsSecret: 'm1' },
        ends: 'SUCCEEDED',
        also: (_both, _result, evidence) => expect(evidence?.credentials?.access).toBe('restored'),
      },
      whole,
    );
  });

  test.each<[string, Answer, RestoreCase['ends'], RegExp]>([
    [
      'a login page',
      (_hit, reply) => reply.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in</html>'),
      'ArchiveUnsupported',
      /gives no ranges/,
    ],
    [
      'an HTML page with ranges',
      (hit, reply) => withRanges(() => Buffer.from('<html>'.repeat(99)))(hit, reply),
      'NotAnArchive',
      /./,
    ],
    [
      'a server without ranges',
      (_hit, reply, archive) => reply.writeHead(200, { 'content-length': archive.length }).end(archive),
      'ArchiveUnsupported',
      /gives no ranges \(HTTP 200/,
    ],
    [
      '404',
      (_hit, reply) => reply.writeHead(404).end(),
      'ArchiveNotFound',
      /HTTP 404.*whether a signed one has expired/,
    ],
    ['403, an expired signature', (_hit, reply) => reply.writeHead(403).end('<Error>'), 'ArchiveNotFound', /HTTP 403/],
    ['503 for ever', (_hit, reply) => reply.writeHead(503).end(), 'StorageUnavailable', /HTTP 503/],
    ['a connection that is cut', (_hit, reply) => reply.destroy(), 'StorageUnavailable', /connection failed/],
    [
      'a redirect in a circle',
      (_hit, reply) => reply.writeHead(302, { location: '/again' }).end(),
      'ArchiveUnsupported',
      /redirected more than/,
    ],
    [
      'half an archive',
      (hit, reply, archive) => withRanges(() => archive.subarray(0, archive.length / 2))(hit, reply),
      'ArchiveTruncated',
      /./,
    ],
    [
      'no bytes at all',
      (_hit, reply) => reply.writeHead(416, { 'content-range': 'bytes */0' }).end(),
      'ArchiveEmpty',
      /no bytes/,
    ],
  ])('that is %s is refused before the manager is given anything', async (name, answer, ends, says) => {
    const nothing: Also = ({ target }) => expect(target.state.snapshots).toEqual([]);
    await playUrl({ name, ends, says, also: nothing }, answer);
  });

  test('that is another one by the time it is handed over is refused', async () => {
    let isReplaced = false;
    await playUrl(
      {
        name: 'replaced',
        ends: 'SourceChanged',
        says: /Run the restore again/,
        during: (_both, step) => {
          if (step === 'CheckTarget') isReplaced = true;
        },
      },
      (hit, reply, archive) => withRanges(() => (isReplaced ? Buffer.concat([archive, archive]) : archive))(hit, reply),
    );
  });

  test('in the layout that only 7.0.0 wrote is for that version alone', async () => {
    const archive = makeArchive({ format: 'new', version: '7.0.0', sizeBytes: 50_000 });
    const bytes = await buffer(await archive.read(0, archive.size));
    const says = /only 7\.0\.0 wrote and reads.*Restore it to a manager of 7\.0\.0/;
    await playUrl({ name: '7.0.0', ends: 'TargetUnsuitable', says }, (hit, reply) =>
      withRanges(() => bytes)(hit, reply),
    );
  });
});
