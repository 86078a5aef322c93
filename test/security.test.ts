import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/**
 * Each attack that a hostile review has tried or named, and the test that plays it: file, and words of its name. Whoever
 * removes or renames a test sees here which attack nobody would play any more.
 */
const ATTACKS: Readonly<Record<string, readonly (readonly [file: string, name: string])[]>> = {
  'credentials of one manager reach the host of another': [
    ['faults/restore-authority', 'a restore whose logins are rejected from the upload on'],
    ['faults/restore-authority', 'a drill, though the secret says that drills may overwrite the manager'],
    ['faults/restore-authority', 'a cluster: every node'],
    ['faults/restore-authority', 'a redirect with %i leads a login nowhere'],
    ['faults/restore-authority', 'restoredCredentialsSecret of %s is refused before anything is read or sent'],
    ['faults/restore-authority', 'sees those of the pair, and never those of a third manager'],
  ],
  'the right to start a run replaces production': [
    ['restore/approval', 'waits, tells people once, and restores what was approved'],
    ['stack/people', 'can neither start a restore nor approve one'],
    ['stack/who-may', 'approvals and decisions are started by people alone'],
  ],
  'an approval is used for something else, by a call of the function, twice, or after a redrive': [
    ['restore/approval-bypass', 'StartRestore called by itself, after an approval of something else'],
    ['restore/approval-bypass', 'StartRestore called by itself, without any approval'],
    ['restore/approval-bypass', 'also when the function is called twice'],
    ['restore/approval-bypass', 'used by another execution'],
    ['restore/approval-bypass', 'a day after it was given'],
    ['restore/approval-bypass', 'after the restore has ended, by whoever claims the manager again in its name'],
    ['restore/approval-bypass', 'an approval that the function of approvals did not sign is none'],
    ['restore/redrive', 'used, and %s: it is not asked for again'],
    ['restore/redrive', 'one for another archive, stopped %s'],
    ['restore/redrive', 'one that has expired, stopped %s'],
    ['restore/redrive', 'when the manager has forgotten the restore'],
  ],
  'the target is empty when it is looked at, and not when it is overwritten': [
    ['restore/approval', 'both.target.state.content = await contentOf({}, '],
  ],
  'a forged manifest and a swapped archive': [
    ['restore/choose/forged', 'is neither verified, restored nor silently passed over'],
    ['restore/choose/forged', 'marks, keeps and acceptances that are forged loosen nothing'],
    ['restore/choose/forged-bytes', 'an archive whose bytes were replaced, with their CRC-32'],
    ['cli/signatures', 'in a folder the bytes of an archive are signed'],
    ['signing/seal', 'every change of any field, of the key of the record and of the signature is found'],
    ['signing/mutants', 'a fault in the product is found:'],
  ],
  'another user, or a web page, uses the S3 of a running command': [
    ['folder-s3/signature', '%s, in a header'],
    ['folder-s3/signature', 'a signature that is right for another host'],
    ['folder-s3/signature', 'a server makes a key pair for itself alone'],
  ],
  'archives and passwords are readable for others': [
    ['cli/cli', 'what is stored in a folder is for this user alone'],
    ['cli/file-access', 'what a command writes is for its user alone, whatever the umask'],
    ['cli/file-access', ' with --strict-files`'],
  ],
  'archiveUrl leads inside': [
    ['restore/choose/allowed-hosts', 'an address inside is refused by one text, and never asked'],
    ['restore/choose/allowed-hosts', 'a redirect from https to http'],
    [
      'restore/choose/allowed-hosts',
      'a name that changes its answer: a connection goes to the address that was checked',
    ],
  ],
  'a function that was taken over reads all secrets and deletes archives': [
    ['stack/groups', 'a function reads the secrets of its own group'],
    ['stack/who-may', 'whoever reads a secret'],
    ['stack/who-may', 'a secret is read by the functions of its group'],
  ],
  'a manager echoes what was sent to it': [
    ['canary', 'the password that we sent, in any encoding'],
    ['canary', 'the header that we sent, in any encoding'],
    ['base/redact', 'of a long text no half of a secret is left where it was cut'],
    ['base/redact', 'a megabyte of any secret of 256 characters is searched within a second'],
  ],
  'a manager paints the terminal': [['base/redact', '%j reaches no line and no text']],
  'a manager answers with JSON that needs all memory': [
    ['manager/tls', 'JSON that costs more memory than a small function has is not parsed:'],
  ],
  'the connection is in clear text, unchecked, or without forward secrecy': [
    ['manager/tls', 'a server that offers'],
    ['manager/tls', 'the command line refuses to run when Node is told to check no certificate'],
    ['manager/tls', 'credentials that travel unencrypted are warned of'],
  ],
  'a package that no hash covers': [
    ['tools/supply-chain', 'every package is pinned by a hash, the Node runtime included'],
    ['tools/supply-chain', 'that the registry does not answer is reported as not run'],
  ],
  'somebody weakens the protection': [
    ['reconcile/protection', 'a key that is %s is told of'],
    ['stack/storage', 'calls that change the bucket or a key are told of, with who made them'],
  ],
  'the key that signs is away, disabled, about to be deleted, or another one': [
    ['lambda/kms-signer', 'stops the record, by its name'],
    ['lambda/kms-signer', 'a signature of another key than the published one is not written'],
  ],
  'other bytes of the same size are stored by a manager': [
    ['restore/target/handover', 'other bytes of the same size are a mismatch, by their place'],
  ],
};

test.each(Object.keys(ATTACKS))('somebody plays the attack: %s', (attack) => {
  for (const [file, name] of ATTACKS[attack] ?? []) {
    const text = readFileSync(new URL(`./${file}.test.ts`, import.meta.url), 'utf8');
    expect(text.includes(name), `${file}: ${name}`).toBe(true);
  }
});

test('no state machine waits for a task token, which the history would show to whoever reads it', () => {
  const folder = new URL('../statemachines/', import.meta.url);
  const machines = readdirSync(folder).filter((file) => file.endsWith('.json'));
  expect(machines.length).toBeGreaterThan(5);
  for (const file of machines)
    expect(readFileSync(new URL(file, folder), 'utf8'), file).not.toMatch(/waitForTaskToken|Task\.Token/);
});
