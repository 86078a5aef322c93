import { createECDH, createPrivateKey } from 'node:crypto';

/** The order of P-256 (FIPS 186-4, D.1.2.3). */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** ECDSA of a digest that exists already, as KMS signs; node:crypto takes messages alone. `pem`: a private key on P-256. */
export function signDigest(pem: string, digest: Buffer): Buffer {
  const d = numberOf(Buffer.from(createPrivateKey(pem).export({ format: 'jwk' }).d ?? '', 'base64url'));
  const once = createECDH('prime256v1');
  const r = numberOf(once.generateKeys().subarray(1, 33)) % N;
  const s = (inverse(numberOf(once.getPrivateKey())) * (numberOf(digest) + r * d)) % N;
  const both = Buffer.concat([der(r), der(s)]);
  return Buffer.concat([Buffer.from([0x30, both.length]), both]);
}

const numberOf = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`);

/** By Fermat: N is prime. */
function inverse(of: bigint): bigint {
  let result = 1n;
  for (let base = of, left = N - 2n; left > 0n; left >>= 1n, base = (base * base) % N)
    if (left & 1n) result = (result * base) % N;
  return result;
}

/** An INTEGER, with a zero before it where it would be negative. */
function der(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
  const content = (bytes[0] ?? 0) > 127 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([2, content.length]), content]);
}
