import { expect, test } from 'vitest';
import { manager } from '../support/breakages.ts';
import { type Case, playAlone } from '../support/nights.ts';
import type { World } from '../support/world.ts';

const cluster = { manager: { nodes: 3 } };
const nodesAsked = (world: World, path: RegExp) =>
  new Set(world.manager.requests.filter((one) => path.test(one.path)).map((one) => one.node));

const CASES: readonly Case[] = [
  {
    name: 'one node is down from the start',
    world: cluster,
    during: (world, step) => (step === 'FindManager' ? world.manager.stopNode(0) : undefined),
    ends: 'SUCCEEDED',
  },
  {
    name: 'one node has no worker: another one is taken',
    world: cluster,
    broken: manager('statusFail', {}, { node: 0 }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'one node is the REST service of nobody (502)',
    world: cluster,
    broken: manager('serverError', { status: 502 }, { node: 0 }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'all nodes are down',
    world: cluster,
    during: async (world, step) => {
      if (step === 'FindManager') await Promise.all([0, 1, 2].map((node) => world.manager.stopNode(node)));
    },
    ends: 'ManagerUnavailable',
    says: /refuses connections/,
  },
  {
    name: 'the node that was picked dies after the request: its fellows know the snapshot',
    world: cluster,
    during: (world, step, call) => (step === 'CheckSnapshot' && call === 1 ? world.manager.stopNode(0) : undefined),
    ends: 'SUCCEEDED',
  },
  {
    name: 'the node dies before the transfer: a fellow serves it',
    world: cluster,
    during: (world, step) => (step === 'PlanTransfer' ? world.manager.stopNode(0) : undefined),
    ends: 'SUCCEEDED',
    also: (world) => expect(nodesAsked(world, /archive$/)).toContain(1),
  },
  {
    name: 'the node dies in the middle of the transfer and stays away',
    world: cluster,
    during: (world, step, call) => (step === 'CopySpan' && call === 2 ? world.manager.stopNode(0) : undefined),
    ends: 'ManagerUnavailable',
    says: /refuses connections/,
    leaves: 'created',
  },
  {
    name: 'the node dies in the middle of the transfer and comes back',
    world: cluster,
    during: async (world, step, call) => {
      if (step === 'CopySpan' && call === 2) await world.manager.stopNode(0);
      if (step === 'CopySpan' && call === 9) await world.manager.startNode(0);
    },
    ends: 'SUCCEEDED',
  },
  {
    name: 'the nodes show different databases: nothing is asked of either',
    world: cluster,
    broken: manager('splitBrain', {}, { node: 1 }),
    ends: 'SplitBrainSuspected',
    says: /are endpoints of manager m1 but show different nodes, snapshots or executions.*Do not trust either/,
    leaves: 'nothing',
  },
  {
    name: 'the archive is on the other node for ever so long',
    world: { manager: { nodes: 2, replicationSeconds: 1e6 } },
    during: (world, step, call) => {
      // The worker that took the message runs on the second node.
      if (step !== 'CheckSnapshot' || call !== 1) return;
      const plan = world.manager.state.executions.at(-1)?.plan;
      if (plan) Object.assign(plan, { node: 1 });
    },
    ends: 'SUCCEEDED',
    also: (world) => expect(nodesAsked(world, /archive$/)).toEqual(new Set([0, 1])),
  },
  {
    name: 'the archive travels for two minutes and the node that made it is down',
    world: { manager: { nodes: 2, replicationSeconds: 120 } },
    during: (world, step) => (step === 'PlanTransfer' ? world.manager.stopNode(0) : undefined),
    ends: 'SUCCEEDED',
  },
  {
    name: 'one node rejects the credentials: another one is taken',
    world: cluster,
    broken: manager('expiredCredentials', {}, { node: 0, step: 'FindManager' }),
    ends: 'SUCCEEDED',
  },
];

test.each(CASES)('$name', playAlone);
