import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient, KMSServiceException, SignCommand } from '@aws-sdk/client-kms';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { kmsSigner } from '../../lib/lambda/kms-signer.ts';
import { sealing } from '../../lib/signing/seal.ts';
import { trustNoOther } from '../../lib/signing/trust.ts';
import type { KeyShelf } from '../../lib/storage/seal.ts';

const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/sign';
const KEY = 'manifests/m1/2026/11/offsite-20261122T020000Z.json';
/** Longer than the 4,096 bytes that KMS takes. */
const RECORD = { schema: 'cloudify-offsite/manifest/1', notes: 'x'.repeat(5000) };

const client = new KMSClient({ region: 'eu-central-1', maxAttempts: 1 });
const kms = mockClient(client);
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const derOf = (key: KeyObject) => new Uint8Array(key.export({ type: 'spki', format: 'der' }));

/** A key in KMS: it is given the digest, and gives what OpenSSL gives for the message of that digest. */
function keyInKms(key: KeyObject = privateKey, shown: KeyObject = publicKey): void {
  kms.on(GetPublicKeyCommand).resolves({ PublicKey: derOf(shown) });
  kms.on(SignCommand).callsFake(({ Message, MessageType, SigningAlgorithm, KeyId }) => {
    expect({ bytes: Message.length, MessageType, SigningAlgorithm, KeyId }).toEqual({
      ...{ bytes: 32, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256', KeyId: ARN },
    });
    return { Signature: ecdsaOf(Message, key) };
  });
}

/** ECDSA of a digest that exists already, which node:crypto does not offer: the message is found by its digest. */
let messages = new Map<string, Buffer>();
const ecdsaOf = (digest: Uint8Array, key: KeyObject) =>
  new Uint8Array(sign('sha256', messages.get(Buffer.from(digest).toString('hex')) ?? Buffer.alloc(0), key));

function shelf() {
  const stored: unknown[] = [];
  const keys: KeyShelf = {
    read: async () => undefined,
    write: async (_, record) => stored.push(record) > 0,
    list: async () => [],
  };
  return { stored, keys };
}

function sealed() {
  const { stored, keys } = shelf();
  const trust = { keys: [], fingerprints: [], admitsBeside: trustNoOther };
  const signer = kmsSigner(ARN, client);
  const seal = sealing({ signer, trust, requiredSince: undefined, now: () => new Date(0) })(keys);
  return { seal, stored };
}

beforeEach(async () => {
  kms.reset();
  const { createHash } = await import('node:crypto');
  const { messageOf } = await import('../../lib/signing/signature.ts');
  const message = messageOf(KEY, RECORD);
  messages = new Map([[createHash('sha256').update(message).digest('hex'), message]]);
});

test('a record is signed by its digest, its key is published once, and the signature is verified without KMS', async () => {
  keyInKms();
  const { seal, stored } = sealed();
  const signed = await seal.sign(KEY, RECORD);
  await seal.sign(KEY, RECORD);
  expect(await seal.judge(KEY, signed, undefined)).toMatchObject({ state: 'signed', known: 'trusted' });
  expect(stored).toHaveLength(1);
  expect(kms.commandCalls(GetPublicKeyCommand)).toHaveLength(1);
  expect(kms.commandCalls(SignCommand)).toHaveLength(2);
});

const failed = (name: string, status: number) =>
  new KMSServiceException({ name, $fault: 'client', message: name, $metadata: { httpStatusCode: status } });
const PASSING = [
  ['throttled', failed('ThrottlingException', 400)],
  ['away', failed('KMSInternalException', 500)],
  ['slow', failed('DependencyTimeoutException', 503)],
  ['not to be had just now', failed('KeyUnavailableException', 500)],
  ['not to be reached', Object.assign(new Error('no route'), { name: 'TimeoutError' })],
] as const;
const LASTING = [
  ['disabled', failed('DisabledException', 409)],
  ['about to be deleted', failed('KMSInvalidStateException', 409)],
  ['gone', failed('NotFoundException', 400)],
  ['not for this function', failed('AccessDeniedException', 400)],
  ['made for something else', failed('InvalidKeyUsageException', 400)],
] as const;

describe.each([GetPublicKeyCommand, SignCommand])('%o', (command) => {
  const fail = (error: Error) => {
    keyInKms();
    kms.on(command as typeof SignCommand).rejects(error);
  };

  test.each(PASSING)('a key that is %s is asked again later, and nothing is signed', async (_, error) => {
    fail(error);
    const signing = sealed().seal.sign(KEY, RECORD);
    await expect(signing).rejects.toMatchObject({ name: 'StorageUnavailable', message: /Nothing was recorded/ });
  });

  test.each(LASTING)('a key that is %s stops the record, by its name', async (_, error) => {
    fail(error);
    const signing = sealed().seal.sign(KEY, RECORD);
    await expect(signing).rejects.toMatchObject({
      name: 'StorageRefused',
      message: expect.stringMatching(new RegExp(`${ARN} cannot be used \\(${error.name}\\).*Nothing was recorded`)),
    });
  });
});

test('a failure is not remembered: the next record is signed', async () => {
  kms.on(GetPublicKeyCommand).rejectsOnce(failed('ThrottlingException', 400));
  const { seal } = sealed();
  await expect(seal.sign(KEY, RECORD)).rejects.toMatchObject({ name: 'StorageUnavailable' });
  keyInKms();
  expect(await seal.sign(KEY, RECORD)).toHaveProperty('signature');
});

test.each([
  ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey],
  ['another curve', () => generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey],
  ['Ed25519', () => generateKeyPairSync('ed25519').publicKey],
])('a key of another kind (%s) signs nothing: nobody could verify it', async (_, make) => {
  keyInKms(privateKey, make());
  await expect(sealed().seal.sign(KEY, RECORD)).rejects.toMatchObject({
    name: 'InvalidConfiguration',
    message: expect.stringMatching(/signing key .*another kind than ECDSA P-256/),
  });
});

test('a signature of another key than the published one is not written', async () => {
  keyInKms(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey);
  await expect(sealed().seal.sign(KEY, RECORD)).rejects.toMatchObject({
    name: 'StorageRefused',
    message: expect.stringMatching(/was signed with another key than .*Nothing was recorded/),
  });
});

test.each([
  ['no public key', () => kms.on(GetPublicKeyCommand).resolves({})],
  ['no signature', () => kms.on(SignCommand).resolves({})],
  ['a public key that is none', () => kms.on(GetPublicKeyCommand).resolves({ PublicKey: new Uint8Array(91) })],
])('an answer with %s is refused', async (_, answer) => {
  keyInKms();
  answer();
  await expect(sealed().seal.sign(KEY, RECORD)).rejects.toMatchObject({
    name: expect.stringMatching(/^(StorageRefused|InvalidConfiguration)$/),
  });
});
