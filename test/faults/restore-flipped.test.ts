import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StepName } from '../../lib/base/step-names.ts';
import { storage, storageForEver } from '../support/breakages.ts';
import { RestoreWorld, type RestoreWorldOptions } from '../support/restore-world.ts';
import { type Also, playRestore, type RestoreCase } from '../support/restores.ts';

/** Flips one bit of the stored archive, at this part of its length, so that no checksum fits any more. */
async function flipStored({ world }: RestoreWorld, part: number): Promise<void> {
  const [key = ''] = await world.files('archives');
  const file = await open(join(world.dir, world.bucket, key), 'r+');
  try {
    const { size } = await file.stat();
    const at = Math.min(size - 1, Math.floor(size * part));
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
    buffer.writeUInt8(buffer.readUInt8(0) ^ 0x10, 0);
    await file.write(buffer, 0, 1, at);
  } finally {
    await file.close();
  }
}

interface Flip {
  /** Before the first call of this step. */
  readonly before: StepName;
  readonly part: number;
  readonly input: { readonly method: 'url' | 'stream'; readonly trustStorage?: boolean };
  readonly world?: RestoreWorldOptions;
}

const INPUTS: readonly Flip['input'][] = [
  { method: 'url' },
  { method: 'stream' },
  { method: 'url', trustStorage: true },
];
const STEPS: readonly StepName[] = ['SelectArchive', 'CompareSpan', 'UploadArchive'];
// The first local header, the middle of the data, the directory, the end record.
const PARTS = [0.00001, 0.5, 0.997, 1];

const FLIPS: Flip[] = INPUTS.flatMap((input) =>
  STEPS.flatMap((before) => {
    // A stream has no CompareSpan, nor has a storage that is trusted.
    if (before === 'CompareSpan' && (input.method === 'stream' || input.trustStorage)) return [];
    return PARTS.map((part) => ({ before, part, input }));
  }),
);

test.each(FLIPS)(
  'a bit of the stored archive flips before $before at $part, $input: no restore is asked for',
  async (flip) => {
    const both = await RestoreWorld.start(flip.world);
    let flipped = false;
    const before = async (step: StepName) => {
      if (step !== flip.before || flipped) return;
      flipped = true;
      await flipStored(both, flip.part);
    };
    try {
      const { outcome } = await both.restore(flip.input, { before });
      expect(flipped).toBe(true);
      const named =
        /^(Archive(Damaged|Truncated|Unsupported)|ChecksumMismatch|Member(Corrupt|Missing)|NotAnArchive|UploadMismatch)$/;
      expect(outcome).toMatchObject({ status: 'FAILED', error: expect.stringMatching(named) });
      expect(both.target.requests.filter(({ method }) => method === 'POST')).toEqual([]);
      expect(both.target.state.snapshots, 'nothing of it stays on the manager').toEqual([]);
    } finally {
      await both.stop();
    }
  },
);

const neverAsked: Also = ({ target }) => {
  expect(target.requests.filter(({ method }) => method === 'POST')).toEqual([]);
};
/** The manager fetched or got nothing. */
const neverSent: Also = (both, result, evidence) => {
  neverAsked(both, result, evidence);
  expect(both.target.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
};
const compared = (storage: string, upload: string): Also => {
  return (_both, _result, evidence) => expect(evidence?.compared).toMatchObject({ storage, upload });
};

const ON_THE_WAY: readonly RestoreCase[] = [
  {
    name: 'from storage to CompareSpan, once: it is read again',
    input: { method: 'url' },
    broken: storage({ operation: 'GetObject', step: 'CompareSpan' }, 'corruptRead'),
    ends: 'SUCCEEDED',
    also: compared('all', 'all'),
  },
  {
    name: 'from storage to CompareSpan, each time',
    input: { method: 'url' },
    broken: storageForEver({ operation: 'GetObject', step: 'CompareSpan' }, 'corruptRead'),
    ends: 'ArchiveDamaged',
    says: /Storage gave other bytes than the verified archive's.*its manifest says.*m2 is as it was/,
    also: neverSent,
  },
  {
    name: 'from storage to the manager, which fetches it by URL',
    input: { method: 'url' },
    broken: storage({ operation: 'GetObject', step: 'UploadArchive' }, 'corruptRead'),
    ends: 'UploadMismatch',
    says: /has stored other bytes than the archive's, from byte 60000 of 120000/,
    also: neverAsked,
  },
  {
    name: 'from storage into the stream, once: it is sent again',
    input: { method: 'stream' },
    broken: storage({ operation: 'GetObject', step: 'UploadArchive' }, 'corruptRead'),
    ends: 'SUCCEEDED',
    also: compared('all', 'all'),
  },
  {
    name: 'from storage into the stream, each time',
    input: { method: 'stream' },
    broken: storageForEver({ operation: 'GetObject', step: 'UploadArchive' }, 'corruptRead'),
    ends: 'ArchiveDamaged',
    also: (both, result, evidence) => {
      neverAsked(both, result, evidence);
      expect(both.target.state.snapshots, 'the manager never had a whole upload').toEqual([]);
    },
  },
  {
    name: 'on the manager, of an archive of which places are read back',
    world: { settings: { readBackBytes: 1000 } },
    // The simulated manager changes one byte in the middle, which no place needs to meet: the claim is no larger.
    ends: 'SUCCEEDED',
    also: compared('all', 'ranges'),
  },
  { name: 'nowhere, by URL', input: { method: 'url' }, ends: 'SUCCEEDED', also: compared('all', 'all') },
  { name: 'nowhere, as a stream', input: { method: 'stream' }, ends: 'SUCCEEDED', also: compared('all', 'all') },
  {
    name: 'nowhere, with storage trusted',
    input: { method: 'url', trustStorage: true },
    ends: 'SUCCEEDED',
    also: (both, result, evidence) => {
      compared('trusted', 'all')(both, result, evidence);
      expect(evidence?.options.trustStorage).toBe(true);
      expect(result.events.some((event) => JSON.stringify(event).includes('CompareSpan'))).toBe(false);
    },
  },
  {
    name: 'nowhere, and a span of storage cannot be read at first',
    input: { method: 'url' },
    broken: storage({ operation: 'GetObject', step: 'CompareSpan' }, 'slowDown', 'truncateRead'),
    ends: 'SUCCEEDED',
  },
];

test.each(ON_THE_WAY)('a bit flips $name', playRestore);
