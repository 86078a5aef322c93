import { describe, expect, test } from 'vitest';
import { oneLine, Redactor } from '../../lib/base/redact.ts';
import { parseSecret } from '../../lib/manager/secret.ts';
import { ENCODINGS } from '../support/encodings.ts';

/** Each has what some encoding must escape; of Latin-1 alone, so that every encoding can write it. */
const SECRETS = [
  'canary-Passw0rd/+=',
  'Käse & "Brot" <1>',
  "it's 100% a\\b~c",
  'abcdefgh',
  'päßwörtchen12',
  'a b c d e f g',
];

describe.each(SECRETS)('the secret %j is blanked out', (secret) => {
  const redactor = new Redactor();
  parseSecret('m1', JSON.stringify({ endpoints: ['https://m'], username: 'admin', password: secret }), redactor);

  test.each(Object.entries(ENCODINGS))('in %s', (_name, encode) => {
    const written = encode(secret);
    const shown = redactor.clean(`the manager answered >>>${written}<<< today`);
    expect(shown).toMatch(/^the manager answered >>>.*\[redacted\].*<<< today$/s);
    // At most what any text of the kind has: the frame of a list, the part of base64 that other bytes share.
    const rest = shown.replace(/^.*>>>|<<<.*$/gs, '').replaceAll('[redacted]', '');
    expect(rest.length, rest).toBeLessThanOrEqual(Math.max(20, written.length * 0.4));
    for (let at = 0; at + 5 <= secret.length; at += 1) expect(shown).not.toContain(secret.slice(at, at + 5));
  });
});

test('the exact value of the header is blanked out without the word Basic', () => {
  const redactor = new Redactor();
  parseSecret('m1', JSON.stringify({ endpoints: ['https://m'], username: 'joe', password: 'p4ssw0rd' }), redactor);
  expect(redactor.clean(`bad header ${Buffer.from('joe:p4ssw0rd').toString('base64')}!`)).toBe(
    'bad header [redacted]!',
  );
});

test('a megabyte of any secret of 256 characters is searched within a second', () => {
  const redactor = new Redactor();
  redactor.add('ab'.repeat(128), 'a'.repeat(256));
  for (const text of ['a', 'ab', '\\', '%25', '&amp;', ' ', 'YWFh', '6161']) {
    const began = performance.now();
    redactor.clean(text.repeat(1_000_000 / text.length));
    expect(performance.now() - began, text).toBeLessThan(10_000);
  }
});

test('a secret of any length is searched for: the query of a signed URL with the token of a session', () => {
  for (const length of [255, 256, 257, 1000, 20_000]) {
    const secret = `X-Amz-Security-Token=${'aB3/+&'.repeat(length / 6)}`.slice(0, length);
    const redactor = new Redactor();
    redactor.add(secret);
    for (const text of [
      secret,
      encodeURIComponent(secret),
      secret.replaceAll('&', '&amp;'),
      Buffer.from(secret).toString('base64'),
    ])
      expect(redactor.clean(`>${text}<`).length, `${length}`).toBeLessThan(40);
  }
});

test('of a long text no half of a secret is left where it was cut', () => {
  const redactor = new Redactor();
  redactor.add('canary-Passw0rd');
  for (let at = 65_500; at < 65_560; at += 1) {
    expect(redactor.clean(`${'x'.repeat(at)}canary-Passw0rd ${'y'.repeat(3000)}`)).not.toContain('canary');
  }
});

const STEERING = [
  '\u001b[2J',
  '\u0007',
  '\r',
  '\u009b31m',
  '\u202e',
  '\u2066',
  '\u200b',
  '\u0000',
  '\u007f',
  '\u2028',
  '\u{e0041}',
];

test.each(STEERING)('%j reaches no line and no text', (character) => {
  for (const text of [oneLine(`a${character}b`), new Redactor().clean(`a${character}b`)]) {
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    expect(text).toMatch(/^a.*b$/);
  }
});
