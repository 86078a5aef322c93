import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RetentionPolicy } from '../../lib/config/retention.ts';
import { NIGHTLY, ReconcileWorld } from '../support/reconcile-world.ts';

let one: ReconcileWorld;
beforeAll(async () => {
  one = await ReconcileWorld.start(3);
  // The last night is three hours old.
  one.till(5);
});
afterAll(async () => await one.stop());

/** The same client, for which S3 says of each archive, by night, how its replication stands. */
function replicating(client: S3Client, states: readonly (string | undefined)[]): S3Client {
  return new Proxy(client, {
    get(target, name) {
      if (name !== 'send') return Reflect.get(target, name);
      return async (command: { constructor: { name: string }; input: { Key?: string } }, options: never) => {
        const answer = await target.send(command as never, options);
        const night = [0, 1, 2].find((at) => one.keys(at).archive === command.input.Key);
        if (command.constructor.name !== 'HeadObjectCommand' || night === undefined) return answer;
        return { ...(answer as object), ReplicationStatus: states[night] };
      };
    },
  });
}

async function found(...states: (string | undefined)[]) {
  const { report, kinds } = await one.reconcile({}, { s3: replicating(one.world.client, states) });
  return { kinds, all: report.findings.map(({ about, message, repair }) => ({ about, message, repair })) };
}

test('copies that are there, or on their way since less than 4 hours, are no finding', async () => {
  one.rules = { ...NIGHTLY, isReplicated: true };
  expect(await found('COMPLETED', 'COMPLETED', 'PENDING')).toEqual({ kinds: [], all: [] });
  expect((await found('COMPLETED', 'COMPLETED', undefined)).kinds).toEqual([]);
  one.rules = NIGHTLY;
  // Without a replication there is nothing to be copied.
  expect((await found(undefined, undefined, undefined)).kinds).toEqual([]);
});

test('those that failed are one finding, that names the newest, the cause of nothing expiring, and what to do', async () => {
  one.rules = NIGHTLY;
  expect(await found('FAILED', 'FAILED', 'COMPLETED')).toEqual({
    kinds: ['NotReplicated'],
    all: [
      {
        about: 'm1, replication failed',
        message: expect.stringMatching(
          /^2 archives, the newest archives\/m1\/.*, could not be copied .*FAILED.*lifecycle rules neither move nor end.*Batch Replication/,
        ),
        repair: 'open',
      },
    ],
  });
});

test('late ones, and those from before the replication, are told apart', async () => {
  one.rules = { ...NIGHTLY, isReplicated: true };
  const { all } = await found('PENDING', undefined, 'REPLICA');
  expect(all.map(({ about }) => about)).toEqual(
    expect.arrayContaining(['m1, replication late', 'm1, replication none']),
  );
});

test('what S3 does not let go because of its copy is not said to be overdue', async () => {
  const days = { daily: 10, weekly: 10, monthly: 10, yearly: 10 };
  one.rules = { ...NIGHTLY, schedule: undefined, retention: RetentionPolicy.parse({ held: 1, days, undoDays: 2 }) };
  await one.reconcile();
  one.world.clock.advance(20 * 86_400);
  await one.reconcile();
  expect((await found('COMPLETED', 'COMPLETED', 'COMPLETED')).kinds).toContain('OverdueArchive');
  expect((await found('FAILED', 'PENDING', 'FAILED')).kinds).toEqual(['NotReplicated']);
});
