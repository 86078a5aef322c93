import { verify } from 'node:crypto';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { canonicalJson } from '../../lib/base/canonical-json.ts';
import { messageOf } from '../../lib/signing/signature.ts';
import { trustBeside } from '../../lib/signing/trust.ts';
import type { KeyShelf } from '../../lib/storage/seal.ts';
import { type KeyPair, keyPair, type SealOptions, sealWith } from '../support/signing.ts';

const KEY = 'manifests/m1/2026/11/offsite-20261122T020000Z.json';
const RECORD = { b: 2, a: { d: [1, { z: 1, y: null }], c: 'ä "x"' } };
const AT = new Date('2026-11-22T03:00:00Z');

/** A bucket's folder of keys. */
function shelf(): KeyShelf & { readonly records: Map<string, unknown> } {
  const records = new Map<string, unknown>();
  return {
    records,
    read: async (key, schema) => (records.has(key) ? { value: schema.parse(records.get(key)) as never } : undefined),
    write: async (key, value) => !records.has(key) && records.set(key, structuredClone(value)) !== undefined,
    list: async () => [...records.keys()].map((key) => ({ key })),
  };
}

async function seal(key: KeyPair, where: KeyShelf, options?: SealOptions) {
  return (await sealWith(key, options))(where);
}

test('the canonical text is that of RFC 8785: sorted keys, no white space, numbers and strings as JavaScript has them', () => {
  expect(canonicalJson(RECORD)).toBe('{"a":{"c":"ä \\"x\\"","d":[1,{"y":null,"z":1}]},"b":2}');
  // Its own example, chapter 3.2.3: by UTF-16 code units.
  const sorted = canonicalJson({ '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, ö: 7 });
  expect(Object.keys(JSON.parse(sorted))).toEqual(['1', '\r', '\u0080', 'ö', '\u20ac', '\ud83d\ude00', '\ufb33']);
  expect(canonicalJson({ a: undefined, n: 1e21 })).toBe('{"n":1e+21}');
});

test('what is signed is verified however it was laid out; the bytes and the public key are all that it takes', async () => {
  const [key, where] = [keyPair(), shelf()];
  const one = await seal(key, where);
  const signed = (await one.sign(KEY, RECORD)) as { signature: { key: string; value: string } };
  const other = { a: RECORD.a, signature: signed.signature, b: 2 };
  expect(await one.judge(KEY, other, AT)).toEqual({ state: 'signed', key: key.fingerprint, known: 'trusted' });
  const { publicKeyPem } = where.records.get(`keys/${key.fingerprint}.json`) as { publicKeyPem: string };
  const bytes = Buffer.from(signed.signature.value, 'base64');
  expect(verify('sha256', messageOf(KEY, RECORD), publicKeyPem, bytes)).toBe(true);
  expect(messageOf(KEY, other).toString()).toBe(
    `cloudify-offsite/signature/1\n${KEY}\n{"a":{"c":"ä \\"x\\"","d":[1,{"y":null,"z":1}]},"b":2}`,
  );
});

test('every change of any field, of the key of the record and of the signature is found', async () => {
  const [key, where] = [keyPair(), shelf()];
  const one = await seal(key, where);
  const signed = (await one.sign(KEY, RECORD)) as unknown as typeof RECORD & {
    signature: { key: string; value: string };
  };
  const { signature } = signed;
  const stranger = await (await seal(keyPair(), shelf())).sign(KEY, RECORD);
  const forgeries: [string, object, string?][] = [
    ['a value', { ...signed, b: 3 }],
    ['a value inside', { ...signed, a: { ...RECORD.a, c: '' } }],
    ['a field more', { ...signed, c: 1 }],
    ['a field less', { a: RECORD.a, signature }],
    ['another place', signed, KEY.replace('m1', 'm2')],
    ['another signature', { ...signed, signature: { ...signature, value: 'AAAA' } }],
    ['no base64', { ...signed, signature: { ...signature, value: '!' } }],
    ['no signature', { ...signed, signature: null }],
    ['an empty one', { ...signed, signature: {} }],
    ['the key of somebody else', { ...signed, signature: { ...signature, key: '0'.repeat(64) } }],
    ['signed by somebody else', stranger],
  ];
  for (const [what, record, at = KEY] of forgeries) {
    expect(await one.judge(at, record, AT), what).toMatchObject({ state: 'forged' });
  }
});

test('a record that is signed again has one signature, of what it is now', async () => {
  const [key, where] = [keyPair(), shelf()];
  const one = await seal(key, where);
  const again = await one.sign(KEY, { ...(await one.sign(KEY, RECORD)), b: 3 });
  expect(await one.judge(KEY, again, AT)).toMatchObject({ state: 'signed' });
});

test('without a signature a record is old, or forged if storage got it after the cut-over', async () => {
  const requiredSince = new Date('2026-11-01T00:00:00Z');
  const strict = await seal(keyPair(), shelf(), { requiredSince });
  expect(await strict.judge(KEY, RECORD, new Date('2026-10-31T23:59:59Z'))).toEqual({ state: 'unsigned' });
  expect(await strict.judge(KEY, RECORD, requiredSince)).toMatchObject({ state: 'forged' });
  expect(await strict.judge(KEY, RECORD, undefined)).toMatchObject({ state: 'forged' });
  const mild = await seal(keyPair(), shelf());
  expect(await mild.judge(KEY, RECORD, AT)).toEqual({ state: 'unsigned' });
});

test('a key beside the archives is believed where that was allowed, and only under its own name', async () => {
  const [writer, where] = [keyPair(), shelf()];
  const signed = await (await seal(writer, where)).sign(KEY, RECORD);
  const judgeBy = async (trust: SealOptions['trust'], keys: KeyShelf = where) =>
    await (await seal(keyPair(), keys, { trust })).judge(KEY, signed, AT);
  const { fingerprint } = writer;
  expect(await judgeBy({ admitsBeside: trustBeside })).toEqual({ state: 'signed', key: fingerprint, known: 'beside' });
  expect(await judgeBy({ fingerprints: [fingerprint] })).toEqual({
    state: 'signed',
    key: fingerprint,
    known: 'trusted',
  });
  expect(await judgeBy({})).toMatchObject({
    state: 'forged',
    why: expect.stringContaining(`--trust-key ${fingerprint}`),
  });
  expect(await judgeBy({ admitsBeside: trustBeside }, shelf())).toMatchObject({ state: 'forged' });
  // Somebody's key under the name of a trusted one.
  const swapped = shelf();
  const record = where.records.get(`keys/${fingerprint}.json`) as object;
  const other = (await keyPair().publicKey()).export({ type: 'spki', format: 'pem' }).toString();
  swapped.records.set(`keys/${fingerprint}.json`, { ...record, publicKeyPem: other });
  expect(await judgeBy({ fingerprints: [fingerprint] }, swapped)).toMatchObject({ state: 'forged' });
});

test('a key that came after the first look is found at the next', async () => {
  const [writer, where, later] = [keyPair(), shelf(), shelf()];
  const signed = await (await seal(writer, where)).sign(KEY, RECORD);
  const reader = await seal(keyPair(), later, { trust: { admitsBeside: trustBeside } });
  expect(await reader.judge(KEY, signed, AT)).toMatchObject({ state: 'forged' });
  for (const [key, value] of where.records) later.records.set(key, value);
  expect(await reader.judge(KEY, signed, AT)).toMatchObject({ state: 'signed' });
});

test('the public key is written once, with what it takes to use it', async () => {
  const [key, where] = [keyPair(), shelf()];
  const now = () => AT;
  const one = await seal(key, where, { now });
  await Promise.all([one.sign(KEY, RECORD), one.sign(KEY, RECORD)]);
  const [first] = where.records.values();
  const Shape = z.looseObject({ fingerprint: z.literal(key.fingerprint), createdAt: z.literal(AT.toISOString()) });
  expect(Shape.safeParse(first).success).toBe(true);
  await (await seal(key, where)).sign(KEY, RECORD);
  expect([...where.records.values()]).toEqual([first]);
});
