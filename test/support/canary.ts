import { ENCODINGS } from './encodings.ts';

/** Recognisable credentials: none of them may ever be seen outside the secret and the manager. */
export const canary = {
  password: 'canary-Passw0rd/+=',
  token: 'canary4token8ZqWJ3x7hL9pV2k0123456789abc',
  databasePassword: 'canary-db-8f2c1e',
  brokerPassword: 'canary-broker-77aa',
  keyMaterial: 'canaryKeyMaterialMIIEvQIBADANBgkqhkiG9w0BAQEF',
  signature: 'canarysignature0123456789abcdef',
};

const formsOf = (secret: string): string[] => Object.values(ENCODINGS).map((encode) => encode(secret));

/** The canaries, in any spelling, that stand in a text. */
export function canariesIn(text: string): string[] {
  return Object.values(canary).filter((secret) => formsOf(secret).some((form) => text.includes(form)));
}
