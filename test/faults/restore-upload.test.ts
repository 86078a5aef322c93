import { describe, expect, test } from 'vitest';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { manager, storage } from '../support/breakages.ts';
import { RestoreWorld } from '../support/restore-world.ts';
import { type Also, playIn, playRestore, type RestoreCase } from '../support/restores.ts';

const URL_PUT = { method: 'PUT', path: /snapshot_archive_url=/ };
const BODY_PUT = { method: 'PUT', path: /\/archive$/ };

const by = (method: 'url' | 'stream'): Also => {
  return ({ target }, _result, evidence) => {
    expect(evidence?.method).toBe(method);
    const uploads = target.requests.filter((one) => one.method === 'PUT');
    expect(uploads.some(({ path }) => path.includes('snapshot_archive_url')) || method === 'stream').toBe(true);
    expect(
      uploads.some(({ path }) => BODY_PUT.path.test(path)),
      'streamed',
    ).toBe(method === 'stream');
  };
};
/** It failed before a restore was asked for, and by URL only. */
const neverAsked: Also = ({ target }) => {
  expect(target.requests.filter(({ method }) => method === 'POST')).toEqual([]);
};
const neverStreamed: Also = (both, result, evidence) => {
  neverAsked(both, result, evidence);
  expect(both.target.requests.filter(({ path }) => BODY_PUT.path.test(path)).map((one) => one.method)).not.toContain(
    'PUT',
  );
};

const BY_URL: readonly RestoreCase[] = [
  {
    name: 'a private CA in front of storage: streamed',
    broken: manager('uploadFetchFails', { reason: 'SSLError(SSLCertVerificationError(1, self-signed certificate))' }),
    ends: 'SUCCEEDED',
    also: by('stream'),
  },
  {
    name: 'a name that the manager cannot resolve: streamed',
    world: { version: '5.0.5' },
    broken: manager('uploadFetchFails', { reason: 'Name or service not known' }),
    ends: 'SUCCEEDED',
    also: by('stream'),
  },
  {
    name: 'by URL and no other way: what to do is said, the URL is not',
    input: { method: 'url' },
    broken: manager('uploadFetchFails', { reason: 'NameResolutionError' }),
    ends: 'UrlUnreachable',
    says: /could not fetch the archive from its URL.*The method "stream" needs no URL.*m2 is as it was/,
    also: neverStreamed,
  },
  {
    name: 'two bad gateways, then well',
    broken: manager('serverError', { status: 502 }, { ...URL_PUT, times: 2 }),
    ends: 'SUCCEEDED',
    also: by('url'),
  },
  {
    name: 'bad gateways for ever: streamed',
    broken: manager('serverError', { status: 502 }, URL_PUT),
    ends: 'SUCCEEDED',
    also: by('stream'),
  },
  {
    name: 'a manager that needs more than its 300 s: streamed',
    world: { target: { fetchBytesPerSecond: 300 } },
    ends: 'SUCCEEDED',
    also: by('stream'),
  },
  {
    name: 'a worker that is killed whatever it is given',
    broken: manager('uploadKilled', {}),
    ends: 'ManagerUnavailable',
    says: /holds a streamed archive in memory.*m2 is as it was/,
    also: neverAsked,
  },
  {
    name: 'an archive that is thought to take too long is streamed at once',
    world: { settings: { urlBytesPerSecond: 100 } },
    ends: 'SUCCEEDED',
    notes: /streamed to the manager: at \S+ MB\/s a fetch by URL takes 1200 s/,
    also: ({ target }) => {
      expect(target.requests.some(({ path }) => path.includes('snapshot_archive_url'))).toBe(false);
    },
  },
  {
    name: 'one that is too long for both',
    world: { settings: { urlBytesPerSecond: 100, streamLimit: 1000 } },
    ends: 'ArchiveTooLarge',
    says: /By hand: docs\/runbook\/restoring-by-hand\.md/,
    also: neverAsked,
  },
  {
    name: 'a proxy that takes no such line: streamed',
    broken: manager('htmlError', { status: 414 }, URL_PUT),
    ends: 'SUCCEEDED',
    also: by('stream'),
  },
  {
    name: 'a login page in the way, once',
    broken: manager('htmlError', { status: 200 }, { ...URL_PUT, times: 1 }),
    ends: 'SUCCEEDED',
    also: by('url'),
  },
  {
    name: 'storage that sends half of it to an old manager, which takes that for all: streamed',
    world: { version: '6.4.2' },
    broken: storage({ operation: 'GetObject', step: 'UploadArchive' }, 'truncateRead'),
    ends: 'SUCCEEDED',
    also: by('stream'),
  },
  {
    name: 'storage that sends half of it to a new manager, which notices: streamed',
    broken: storage({ operation: 'GetObject', step: 'UploadArchive' }, 'truncateRead'),
    ends: 'SUCCEEDED',
    also: by('stream'),
  },
];

describe('UploadArchive by URL', () => {
  test.each(BY_URL)('$name', playRestore);

  test('credentials of a session make the request line too long: streamed at once', async () => {
    const both = await RestoreWorld.start();
    const { access, url } = both.world.s3;
    const credentials = { ...access.credentials, sessionToken: 'session/'.repeat(400) };
    const s3 = s3Client({ region: access.region, endpoint: url, maxAttempts: 1, credentials });
    await playIn(both, {
      name: 'long',
      run: { parts: { s3 } },
      ends: 'SUCCEEDED',
      notes: /makes a request line of \d+ bytes, and managers take 4094/,
      also: by('stream'),
    });
    await playIn(both, {
      name: 'long, and no other way',
      run: { parts: { s3 } },
      input: { method: 'url', force: true },
      ends: 'InvalidInput',
      says: /--method url .* cannot work here.*Use "auto" or "stream"/,
    });
    s3.destroy();
    await both.stop();
  });
});
