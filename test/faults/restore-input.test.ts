import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RestoreWorld } from '../support/restore-world.ts';
import { playIn, playRestore } from '../support/restores.ts';

const m2 = { manager: 'm2' };
const WRONG: readonly (readonly [string, unknown, RegExp])[] = [
  ['no manager', {}, /manager/],
  ['a manager in capitals', { manager: 'M2' }, /manager.*lower-case/],
  ['a manager with a slash', { manager: 'm2/../m1' }, /manager/],
  ['a source manager with a slash', { ...m2, sourceManager: '../m1' }, /sourceManager/],
  ['a field that nobody knows', { ...m2, forced: true }, /forced/],
  ['an archive with a slash', { ...m2, archive: '../x' }, /archive: must begin with a letter/],
  ['an archive that begins with a digit', { ...m2, archive: '20261122T020000Z' }, /archive: must begin with a letter/],
  ['a number for an archive', { ...m2, archive: 3 }, /archive/],
  ['a time that is none', { ...m2, archive: { asOf: 'yesterday' } }, /archive/],
  ['a time without a zone', { ...m2, archive: { asOf: '2026-11-22T02:00:00' } }, /archive/],
  ['an address of another kind', { ...m2, archiveUrl: 'ftp://files/a.zip' }, /archiveUrl.*http/],
  ['an address that is none', { ...m2, archiveUrl: 'a.zip' }, /archiveUrl/],
  ['an address with a password', { ...m2, archiveUrl: 'https://joe:canary@files/a.zip' }, /archiveUrl.*password/],
  ['an address with a password alone', { ...m2, archiveUrl: 'https://:canary-pw@files/a.zip' }, /archiveUrl.*password/],
  ['an address of 5,000 letters', { ...m2, archiveUrl: `https://files/${'a'.repeat(5000)}` }, /archiveUrl/],
  ['address and archive', { ...m2, archiveUrl: 'https://files/a.zip', archive: 'latest' }, /archiveUrl.*archive/],
  [
    'address and source',
    { ...m2, archiveUrl: 'https://files/a.zip', sourceManager: 'm1' },
    /archiveUrl.*sourceManager/,
  ],
  ['a word for force', { ...m2, force: 'yes' }, /force/],
  ['a word for recreateDeploymentsEnvs', { ...m2, recreateDeploymentsEnvs: 'no' }, /recreateDeploymentsEnvs/],
  ['a number for restoreCertificates', { ...m2, restoreCertificates: 1 }, /restoreCertificates/],
  ['noReboot alone', { ...m2, noReboot: true }, /noReboot.*restoreCertificates/],
  ['a tenant without a name', { ...m2, tenantName: '' }, /tenantName/],
  ['a tenant that no header can carry', { ...m2, tenantName: 'täñant日' }, /tenantName: must be 1-256 .*ASCII/],
  ['a tenant of two lines', { ...m2, tenantName: 'a\r\nb' }, /tenantName: must be 1-256/],
  ['a method that nobody knows', { ...m2, method: 'ftp' }, /method/],
  ['a purpose that nobody knows', { ...m2, purpose: 'fun' }, /purpose/],
  ['a word for allowPartial', { ...m2, allowPartial: 'some' }, /allowPartial/],
  ['a word for dryRun', { ...m2, dryRun: 'true' }, /dryRun/],
  ['a secret in capitals', { ...m2, restoredCredentialsSecret: 'M1' }, /restoredCredentialsSecret/],
  ['a novel for a reason', { ...m2, reason: 'x'.repeat(501) }, /reason/],
  ['a text', 'm2', /expected object/],
  ['nothing', null, /expected object/],
];

describe('a wrong input', () => {
  let both: RestoreWorld;
  beforeAll(async () => {
    both = await RestoreWorld.start();
  });
  afterAll(async () => await both.stop());

  test.each(WRONG)('%s: refused by its name, nothing is touched', async (name, input, says) => {
    await playIn(both, {
      name,
      run: { input },
      ends: 'InvalidInput',
      says,
      unclaimed: true,
      also: async ({ target, world }, { outcome, restoreReport }) => {
        expect(outcome).toMatchObject({ cause: expect.stringMatching(/Nothing was started\.$/) });
        expect(restoreReport?.evidence).toBeNull();
        expect(target.requests, 'requests to the manager').toEqual([]);
        expect([...(await world.files('claims')), ...(await world.files('restores'))]).toEqual([]);
      },
    });
  });
});

test('a secret that is not whole is named with the field', async () => {
  await playRestore({
    name: 'secret',
    world: { secret: { endpoints: ['http://127.0.0.1:1/console'] } },
    ends: 'InvalidSecret',
    says: /The secret of manager m2 is not valid: endpoints.*without a path/,
  });
});

test('a reason stands in the evidence', async () => {
  await playRestore({
    name: 'reason',
    input: { reason: 'the disk of m2 died' },
    ends: 'SUCCEEDED',
    also: (_both, _result, evidence) => expect(evidence?.reason).toBe('the disk of m2 died'),
  });
});
