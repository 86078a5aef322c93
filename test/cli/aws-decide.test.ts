import { afterAll, beforeAll, expect, test } from 'vitest';
import { keysOf } from '../../lib/storage/layout.ts';
import { DeployedWorld } from '../support/deployed-world.ts';
import { sealWith, worldKey } from '../support/signing.ts';

let world: DeployedWorld;
let snapshot: string;
beforeAll(async () => {
  // As after the cut-over: what nobody has signed is forged.
  const sealing = await sealWith(worldKey, { requiredSince: new Date('2026-01-01T00:00:00Z') });
  world = await DeployedWorld.start({ sealing });
  expect((await world.offsite('export --manager m1 --wait')).code).toBe(0);
  snapshot = /([^/]+)\.json$/.exec((await world.files('manifests'))[0] ?? '')?.[1] ?? '';
});
afterAll(async () => await world.stop());

const strict = () => `--manager m1 --signed-since 2026-01-01 --trust-key ${worldKey.fingerprint}`;
const show = async () => JSON.parse((await world.offsite(`show ${snapshot} ${strict()} --json`)).out);

test('keep, accept and unkeep are recorded by the function, signed, and count after the cut-over', async () => {
  const kept = await world.offsite(`keep ${snapshot} --manager m1 --forever --reason audit`);
  expect([kept.code, kept.out]).toEqual([0, expect.stringMatching(/^Protected for ever: /)]);
  expect(await show()).toMatchObject({
    expire: 'kept',
    signature: { state: 'signed', known: 'trusted' },
    keep: { until: null, reason: 'audit', signature: { key: worldKey.fingerprint } },
    unreadable: [],
  });
  const accepted = await world.offsite(`accept ${snapshot} --manager m1`);
  expect([accepted.code, accepted.out]).toEqual([0, expect.stringMatching(/^Nothing is odd about /)]);
  const released = await world.offsite(`unkeep ${snapshot} --manager m1 --yes`);
  expect([released.code, released.out]).toEqual([0, expect.stringMatching(/^No longer kept\. /)]);
  expect(await show()).toMatchObject({ expire: 'held', keep: { signature: expect.anything() }, unreadable: [] });
  const decided = world.sfn.executions.filter(({ machine }) => machine === 'offsite-decide');
  expect(decided.map(({ input }) => (JSON.parse(input) as { decision: string }).decision)).toEqual([
    'keep',
    'accept',
    'unkeep',
  ]);
});

test('what the function refuses, the command says by its name; a wrong input in the console as well', async () => {
  const { code, err } = await world.offsite('keep offsite-20200101T000000Z --manager m1 --forever');
  expect([code, err]).toEqual([1, expect.stringMatching(/offsite: ArchiveNotFound: Manager m1 has no archive /)]);
});

test('a keep that somebody wrote by hand is forged: the archive stays, and the record is named', async () => {
  const until = new Date().toISOString();
  const record = { schema: 'cloudify-offsite/keep/1', manager: 'm1', snapshot, until, at: until };
  await world.put(keysOf('m1', snapshot).keep, record);
  expect((await show()).unreadable).toMatchObject([{ kind: 'keep', isForged: true }]);
});
