import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Approvable, Approval } from '../../lib/approval/records.ts';
import type { KeyShelf } from '../../lib/storage/seal.ts';
import { AUTHORITY_MUTANTS, MUTANTS } from '../support/mutants.ts';
import { keyPair } from '../support/signing.ts';

/*
 * Each attack is found by the product as it is, and by none of its mutants is every attack found: what is tested here and
 * through the whole machine would be noticed if it were taken out.
 */
const KEY = 'manifests/m1/2026/11/offsite-20261122T020000Z.json';
const RECORD = { schema: 'cloudify-offsite/manifest/1', value: 1 };
const NOW = new Date('2026-11-22T03:00:00Z');
const [own, stranger, beside] = [keyPair(), keyPair(), keyPair()];
const OWN_KEY = await own.publicKey();

async function load() {
  const { sealing } = await import('../../lib/signing/seal.ts');
  const { trustNoOther } = await import('../../lib/signing/trust.ts');
  const approval = await import('../../lib/approval/use.ts');
  const { digestOf } = await import('../../lib/approval/digest.ts');
  const { requireDigest } = await import('../../lib/catalogue/range-digests.ts');
  return { sealing, trustNoOther, ...approval, digestOf, requireDigest };
}
type Product = Awaited<ReturnType<typeof load>>;

/** A bucket in memory. */
function bucket(entries: Record<string, unknown> = {}) {
  const records = new Map(Object.entries(entries));
  return {
    read: async (key: string) => (records.has(key) ? { value: records.get(key) as never, etag: 'e' } : undefined),
    write: async (key: string, value: unknown) => !records.has(key) && records.set(key, value) !== undefined,
    list: async () => [...records.keys()].map((key) => ({ key })),
  };
}

function sealOf(
  { sealing, trustNoOther }: Product,
  {
    signer = own,
    shelf = bucket() as KeyShelf,
    fingerprints = [] as string[],
    requiredSince = undefined as Date | undefined,
  },
) {
  const trust = { keys: [OWN_KEY], fingerprints, admitsBeside: trustNoOther };
  return sealing({ signer, trust, requiredSince, now: () => NOW })(shelf);
}

const WHAT = { manager: 'm2', restore: 'r', execution: 'e1', options: { force: true } } as unknown as Approvable;
const KEYS = { approval: 'approvals/m2/r.json', use: 'approval-uses/m2/r.json', evidence: 'restores/m2/r.json' };

function approvalOf({ digestOf }: Product, more: Partial<Approval> = {}): Approval {
  const usableUntil = new Date(NOW.getTime() + 1000).toISOString();
  const by = { execution: 'a', claimed: null };
  const base = {
    decision: 'approve',
    what: WHAT,
    digest: digestOf(WHAT),
    usableUntil,
    by,
    decidedAt: '',
    reason: null,
  };
  return { ...base, breakGlass: null, ...more } as Approval;
}

const deps = (entries: Record<string, unknown>) =>
  ({ archive: { records: bucket(entries) }, clock: { now: () => NOW } }) as never;
const asksFor = async (product: Product, what: Approvable, entry: Approval) =>
  (await product.approvalFor(what, deps({ [KEYS.approval]: entry }))) === undefined;
const useOf = (product: Product, more: object) => ({
  execution: 'e1',
  digest: product.digestOf(WHAT),
  usedAt: '',
  ...more,
});

/** Whether a thing is refused, by what it gives (`true`) or by an internal error. */
const refused = async (doing: Promise<boolean>): Promise<boolean> => await doing.catch(() => true);

const ATTACKS: Readonly<Record<string, (product: Product) => Promise<boolean>>> = {
  'signed by a key that is not trusted, and lies beside the archives': async (p) => {
    const shelf = bucket() as KeyShelf;
    const signed = await sealOf(p, { signer: beside, shelf }).sign(KEY, RECORD);
    return (await sealOf(p, { shelf }).judge(KEY, signed, NOW)).state === 'forged';
  },
  'signed by a key that lies under the name of a trusted one': async (p) => {
    const record = { schema: 'cloudify-offsite/key/1', algorithm: 'ECDSA_P256_SHA256', createdAt: NOW.toISOString() };
    const publicKeyPem = (await stranger.publicKey()).export({ type: 'spki', format: 'pem' }).toString();
    const { fingerprint } = beside;
    const shelf = bucket({ [`keys/${fingerprint}.json`]: { ...record, fingerprint, publicKeyPem } }) as KeyShelf;
    const signed = (await sealOf(p, { signer: stranger }).sign(KEY, RECORD)) as { signature: object };
    const forged = { ...signed, signature: { ...signed.signature, key: fingerprint } };
    return (await sealOf(p, { shelf, fingerprints: [fingerprint] }).judge(KEY, forged, NOW)).state === 'forged';
  },
  'moved to another key': async (p) => {
    const seal = sealOf(p, {});
    return (await seal.judge(KEY.replace('m1', 'm2'), await seal.sign(KEY, RECORD), NOW)).state === 'forged';
  },
  'changed after it was signed': async (p) => {
    const seal = sealOf(p, {});
    return (await seal.judge(KEY, { ...(await seal.sign(KEY, RECORD)), value: 2 }, NOW)).state === 'forged';
  },
  'without its signature, after the cut-over': async (p) =>
    (await sealOf(p, { requiredSince: NOW }).judge(KEY, RECORD, NOW)).state === 'forged',
  'without its signature, and without a time': async (p) =>
    (await sealOf(p, { requiredSince: NOW }).judge(KEY, RECORD, undefined)).state === 'forged',
  'an approval without a signature, where there is no cut-over': async (p) =>
    (await sealOf(p, {}).judge(KEYS.approval, RECORD, NOW)).state === 'forged',
  'signed with another key than the public half says': async (p) => {
    const signer = { ...own, sign: stranger.sign };
    return await refused(
      sealOf(p, { signer })
        .sign(KEY, RECORD)
        .then(() => false),
    );
  },
  'an approval of something else': async (p) =>
    await refused(asksFor(p, { ...WHAT, options: { force: false } }, approvalOf(p))),
  'an approval whose text was changed': async (p) =>
    await refused(asksFor(p, WHAT, approvalOf(p, { what: { ...WHAT, options: {} } }))),
  'an approval that has expired': async (p) =>
    await refused(asksFor(p, WHAT, approvalOf(p, { usableUntil: NOW.toISOString() }))),
  'a rejection': async (p) => await refused(asksFor(p, WHAT, approvalOf(p, { decision: 'reject' }))),
  'an approval that another execution has used': async (p) =>
    await refused(p.useApproval(WHAT, deps({ [KEYS.use]: useOf(p, { execution: 'e0' }) })).then(() => false)),
  'an approval that was used for something else': async (p) =>
    await refused(p.useApproval(WHAT, deps({ [KEYS.use]: useOf(p, { digest: 'other' }) })).then(() => false)),
  'an approval whose restore is over': async (p) =>
    await refused(p.useApproval(WHAT, deps({ [KEYS.evidence]: {} })).then(() => false)),
  'other bytes in a range': async (p) => {
    const range = { start: 0, end: 9, sha256: `${'A'.repeat(43)}=` };
    const doing = async () => {
      p.requireDigest('k', range, `${'B'.repeat(43)}=`);
      return false;
    };
    return await refused(doing());
  },
};

test.each(Object.keys(ATTACKS))('found: %s', async (name) => {
  expect(await ATTACKS[name]?.(await load())).toBe(true);
});

describe('a fault in the product is found:', () => {
  afterEach(() => void vi.resetModules());

  test.each(AUTHORITY_MUTANTS.map((mutant, index) => ({ ...mutant, index: MUTANTS.length + index })))(
    '$name',
    async ({ file, index }) => {
      const path = new URL(`../../${file}`, import.meta.url).pathname;
      vi.resetModules();
      vi.doMock(path, () => import(/* @vite-ignore */ `${path}?mutant=${index}`));
      const product = await load();
      vi.doUnmock(path);
      const missed: string[] = [];
      for (const [name, attack] of Object.entries(ATTACKS)) if (!(await attack(product))) missed.push(name);
      expect(missed, 'no attack shows it').not.toEqual([]);
    },
  );
});
