import { describe, expect, test } from 'vitest';
import { manager } from '../support/breakages.ts';
import { at, untouched } from '../support/restore-breakages.ts';
import type { RestoreWorldOptions } from '../support/restore-world.ts';
import { playRestore, type RestoreCase } from '../support/restores.ts';

const cluster = (version = '7.0.5', target: RestoreWorldOptions['target'] = {}): RestoreWorldOptions => ({
  version,
  source: { version, edition: 'premium' },
  target: { nodes: 3, ...target },
});

const CASES: readonly RestoreCase[] = [
  {
    name: 'three nodes: told to stop all but one',
    world: cluster(),
    ends: 'SUCCEEDED',
    notes: /has 3 nodes: stop all but one/,
  },
  {
    name: 'one node is down from the start',
    world: cluster(),
    prepare: ({ target }) => target.stopNode(0),
    ends: 'SUCCEEDED',
    notes: /2 of its 3 nodes answer/,
  },
  {
    name: 'all but one are stopped, as the vendor says',
    world: cluster('6.4.2'),
    prepare: async ({ target }) => {
      await target.stopNode(0);
      await target.stopNode(2);
    },
    ends: 'SUCCEEDED',
  },
  {
    name: 'all nodes are down',
    world: cluster(),
    prepare: ({ target }) => Promise.all([0, 1, 2].map((node) => target.stopNode(node))),
    ends: 'ManagerUnavailable',
    says: /refuses connections.*m2 is as it was/,
  },
  {
    name: 'the nodes show different databases: nothing is asked of either',
    world: cluster(),
    broken: manager('splitBrain', {}, { node: 1 }),
    ends: 'SplitBrainSuspected',
    says: /Do not trust either/,
    also: ({ target }) => expect(target.requests.filter(({ method }) => method === 'POST')).toEqual([]),
  },
  {
    name: 'the node dies before the upload',
    world: cluster(),
    during: at('UploadArchive', ({ target }) => target.stopNode(0)),
    ends: 'SUCCEEDED',
  },
  {
    name: 'the node dies between upload and restore',
    world: cluster(),
    during: at('StartRestore', ({ target }) => target.stopNode(0)),
    ends: 'SUCCEEDED',
  },
  {
    name: 'the worker of another node takes it: its flag and its stopped services count',
    world: cluster('6.4.2', { restoreNode: 2 }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'the node that was asked dies while another one restores',
    world: cluster('6.4.2', { restoreNode: 2 }),
    during: at('CheckRestore', ({ target }) => target.stopNode(0), 3),
    ends: 'SUCCEEDED',
  },
  {
    name: 'the node that restores is away for a while after it has ended',
    world: cluster('7.0.5', { restoreNode: 1 }),
    during: async ({ target }, step, call) => {
      if (step === 'CheckRestore' && call === 9) await target.stopNode(1);
      if (step === 'CheckRestore' && call === 20) await target.startNode(1);
    },
    ends: 'SUCCEEDED',
  },
  {
    name: 'a flag that stays on the node that restored',
    world: cluster('6.4.2', { restoreNode: 2 }),
    broken: manager('stuckFlag', {}),
    ends: 'RestoreUnknown',
    says: /ended as completed, but http:\S+ still says after 1[5-9] min that it is running/,
    within: 3600,
  },
  {
    name: 'all nodes go away at the end, and come back',
    world: cluster('6.4.2'),
    during: async ({ target }, step, call) => {
      if (step !== 'CheckRestore') return;
      if (call === 12) await Promise.all([0, 1, 2].map((node) => target.stopNode(node)));
      if (call === 40) await Promise.all([0, 1, 2].map((node) => target.startNode(node)));
    },
    ends: 'SUCCEEDED',
  },
  {
    name: 'a reboot of one node only',
    world: cluster('6.4.2'),
    input: { restoreCertificates: true },
    ends: 'SUCCEEDED',
  },
  {
    name: 'one node rejects the credentials: another one is taken',
    world: cluster(),
    broken: manager('expiredCredentials', {}, { node: 0, step: 'FindTarget' }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'behind a load balancer of which one address is known, a restore on a node that is not',
    world: { ...cluster('6.4.2', { restoreNode: 2 }), secret: {} },
    prepare: ({ world, target }) => Object.assign(world.secret, { endpoints: [target.urls[0]] }),
    ends: 'SUCCEEDED',
  },
];

describe('a cluster', () => {
  test.each(CASES)('$name', playRestore);
});

test.each([
  ['6.4.2', '/opt/manager/snapshot_status'],
  ['7.0.5', '/tmp/cloudify'],
])(
  '%s: a flag that a crash had left on another node is told of before anything is uploaded',
  async (version, folder) => {
    await playRestore({
      name: 'stale',
      world: cluster(version),
      prepare: ({ target }) => target.state.restoreFlags.add(2),
      ends: 'ManagerBusy',
      says: new RegExp(`says that a restore is running, although none is: remove ${folder}/snapshot_restoring there`),
      within: 1200,
      also: untouched,
    });
  },
);

test.each(['6.4.2', '7.0.5'])('%s: a flag that stays although the restore has ended well', async (version) => {
  await playRestore({
    name: 'stuck',
    world: { version },
    broken: manager('stuckFlag', {}),
    ends: 'RestoreUnknown',
    says: /ended as completed, but \S+ still says after 1[5-9] min that it is running: what follows/,
    within: 3600,
    holds: 'archive',
  });
});
