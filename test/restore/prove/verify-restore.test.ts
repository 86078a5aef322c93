import { join } from 'node:path';
import { expect, test } from 'vitest';
import { flipByte } from '../../../folder-s3/service/faults.ts';
import { keysOf } from '../../../lib/storage/layout.ts';
import { RestoreWorld } from '../../support/restore-world.ts';

test('a bit flips in the newest archive, a verification finds it, and a restore of "latest" takes the one before if it may', async () => {
  const both = await RestoreWorld.start();
  try {
    const { world } = both;
    const [older] = await world.manifests();
    const newest = await both.export();
    await flipByte(join(world.dir, world.bucket, keysOf('m1', newest).archive));
    const verified = await world.run({ machine: 'verify', input: { manager: 'm1', all: true } });
    expect(verified.outcome).toMatchObject({ status: 'FAILED', error: 'ArchiveDamaged' });
    expect((await both.restore()).outcome).toMatchObject({ status: 'FAILED', error: 'ArchiveDamaged' });
    const { outcome, restoreReport } = await both.restore({ skipDamaged: true });
    expect(outcome.status, JSON.stringify(outcome)).toBe('SUCCEEDED');
    expect(restoreReport?.archive?.snapshot).toBe(older?.snapshot.id);
    expect(restoreReport?.notes.join(' ')).toContain(newest);
  } finally {
    await both.stop();
  }
});
