import { generateKeyPairSync } from 'node:crypto';
import { sealing } from '../lib/signing/seal.ts';
import { pemSigner } from '../lib/signing/signer.ts';
import { trustNoOther } from '../lib/signing/trust.ts';
import type { KeyShelf } from '../lib/storage/seal.ts';

/** `node bench/signatures.ts [N]`: how long it takes to sign and to judge N manifests of 3 KB, without any store. */
const count = Number(process.argv[2] ?? 10_000);
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const signer = pemSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 'The key of the bench');
const shelf: KeyShelf = { read: async () => undefined, write: async () => true, list: async () => [] };
const trust = { keys: [await signer.publicKey()], fingerprints: [], admitsBeside: trustNoOther };
const seal = sealing({ signer, trust, requiredSince: undefined, now: () => new Date(0) })(shelf);

/** As large as that of a manager with 20 tenants. */
const tenants = Object.fromEntries(
  Array.from({ length: 20 }, (_, i) => [
    `tenant_${i}`,
    { users: i, blueprints: 3 * i, deployments: 7 * i, secrets: i },
  ]),
);
const manifest = (i: number) => ({ schema: 'cloudify-offsite/manifest/1', archive: { versionId: `v${i}` }, tenants });
const key = (i: number) => `manifests/m1/2026/11/offsite-${i}.json`;

async function timed<T>(what: string, work: (i: number) => Promise<T>): Promise<T[]> {
  const began = performance.now();
  const done: T[] = [];
  for (let i = 0; i < count; i++) done.push(await work(i));
  const took = performance.now() - began;
  process.stdout.write(`${what} ${count}: ${(took / 1000).toFixed(2)} s, ${(took / count).toFixed(3)} ms each\n`);
  return done;
}

const signed = await timed('signed', async (i) => await seal.sign(key(i), manifest(i)));
const judged = await timed('judged', async (i) => await seal.judge(key(i), signed[i] ?? {}, undefined));
if (judged.some(({ state }) => state !== 'signed')) throw new Error('A signature was not verified.');
