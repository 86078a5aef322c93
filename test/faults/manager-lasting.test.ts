import { describe, test } from 'vitest';
import { manager } from '../support/breakages.ts';
import { canary } from '../support/canary.ts';
import { type Case, playAlone } from '../support/nights.ts';
import { impatient } from '../support/world.ts';

const FIND: readonly Case[] = [
  {
    name: 'HTTP 500 for ever',
    broken: manager('serverError', { status: 500 }),
    ends: 'ManagerUnavailable',
    says: /Manager m1 at http:\S+ \(version\) answered HTTP 500 internal_server_error/,
    leaves: 'nothing',
  },
  {
    name: 'HTTP 502 for ever',
    broken: manager('serverError', { status: 502 }),
    ends: 'ManagerUnavailable',
    leaves: 'nothing',
  },
  {
    name: 'a rate limit that never lifts',
    broken: manager('rateLimited', {}),
    ends: 'ManagerUnavailable',
    says: /HTTP 503/,
    leaves: 'nothing',
  },
  {
    name: 'a login page instead of the manager',
    broken: manager('htmlError', { status: 200 }),
    ends: 'ManagerUnavailable',
    says: /not JSON/,
    leaves: 'nothing',
  },
  {
    name: 'another server, which has no such address',
    broken: manager('htmlError', { status: 404 }),
    ends: 'UnexpectedReply',
    says: /Is this a Cloudify Manager\?/,
    leaves: 'nothing',
  },
  {
    name: 'no answer, ever',
    world: { settings: impatient },
    broken: manager('hang', {}),
    ends: 'ManagerUnavailable',
    says: /did not answer in time/,
    leaves: 'nothing',
  },
  {
    name: 'connections that are closed at once',
    broken: manager('refuse', {}),
    ends: 'ManagerUnavailable',
    says: /broke the connection/,
    leaves: 'nothing',
  },
  {
    name: 'a port where nobody listens',
    during: (world, step) => (step === 'FindManager' ? world.manager.stopNode(0) : undefined),
    ends: 'ManagerUnavailable',
    says: /refuses connections: check that the manager is running/,
  },
  {
    name: 'a wrong password',
    broken: manager('expiredCredentials', {}),
    ends: 'CredentialsRejected',
    says: /HTTP 401.*Check user name and password, or the token, in its secret/,
    leaves: 'nothing',
  },
  {
    name: 'a user without the role',
    broken: manager('forbidden', {}),
    ends: 'PermissionDenied',
    says: /role sys_admin/,
    leaves: 'nothing',
  },
  {
    name: 'no licence',
    broken: manager('unlicensed', {}),
    ends: 'ManagerUnsupported',
    says: /licence/,
    leaves: 'nothing',
  },
  {
    name: 'a worker that is down',
    broken: manager('statusFail', {}),
    ends: 'ManagerUnavailable',
    says: /not healthy: Management Worker is down/,
    leaves: 'nothing',
  },
  {
    name: 'a console that is down: no reason to go without a backup',
    broken: manager('statusFail', { service: 'Cloudify Console' }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'a database cluster that has failed',
    broken: manager('dbFail', {}),
    ends: 'ManagerUnavailable',
    says: /database cluster has failed/,
    leaves: 'nothing',
  },
];

const LATER: readonly Case[] = [
  {
    name: 'CreateSnapshot: no answer to the request, nothing was made',
    broken: manager('createNeverArrives', {}),
    ends: 'ManagerUnavailable',
    leaves: 'nothing',
  },
  {
    name: 'CreateSnapshot: a login page answers the request itself, once',
    broken: manager('htmlError', { status: 200 }, { method: 'PUT', times: 1 }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'CreateSnapshot: not allowed any more',
    broken: manager('forbidden', {}, { step: 'CreateSnapshot' }),
    ends: 'PermissionDenied',
    leaves: 'nothing',
  },
  {
    name: 'CreateSnapshot: the licence has expired since',
    broken: manager('unlicensed', {}, { step: 'CreateSnapshot' }),
    ends: 'ManagerUnsupported',
    leaves: 'nothing',
  },
  {
    name: 'CheckSnapshot: the manager is gone for good, and the half-made snapshot with it',
    broken: [
      manager('serverError', { status: 502 }, { step: 'CheckSnapshot' }),
      manager('refuse', {}, { step: 'CleanUp' }),
    ],
    ends: 'ManagerUnavailable',
    notes: /Clean-up did not finish: Manager m1/,
    leaves: 'created',
  },
  {
    name: 'CheckSnapshot: no answer any more',
    world: { settings: impatient },
    broken: manager('hang', {}, { step: 'CheckSnapshot' }),
    ends: 'ManagerUnavailable',
    says: /did not answer in time/,
  },
  {
    name: 'CheckSnapshot: the snapshot is deleted by somebody',
    broken: manager('snapshotVanishes', {}, { step: 'CheckSnapshot', times: 1 }),
    ends: 'SnapshotLost',
    says: /Find out who deleted it/,
    leaves: 'nothing',
  },
  {
    name: 'PlanTransfer: gateway errors for good',
    broken: manager('serverError', { status: 504 }, { step: 'PlanTransfer' }),
    ends: 'ManagerUnavailable',
    leaves: 'created',
  },
  {
    name: 'PlanTransfer: the credentials are rejected',
    broken: manager('expiredCredentials', {}, { step: 'PlanTransfer' }),
    ends: 'CredentialsRejected',
    notes: /is complete and stays there/,
    leaves: 'created',
  },
  {
    name: 'CopySpan: gateway errors for good',
    broken: manager('serverError', { status: 502 }, { step: 'CopySpan' }),
    ends: 'ManagerUnavailable',
    leaves: 'created',
  },
  {
    name: 'CopySpan: the credentials are rejected',
    broken: manager('expiredCredentials', {}, { step: 'CopySpan' }),
    ends: 'CredentialsRejected',
    leaves: 'created',
  },
  {
    name: 'PruneManager: the manager is gone; the archive is safe and people are told so',
    broken: manager('refuse', {}, { step: 'PruneManager' }),
    ends: 'ManagerUnavailable',
    recorded: true,
    says: /had been verified and recorded before that; it is safe/,
    notes: /verified and recorded; it stays/,
  },
];

/** `secret` changes while a run is at work: the first 401 reads it again, once. */
const rotated = (when: string): Case => ({
  name: `${when}: the password was rotated, the secret with it`,
  during: (world, step, call) => {
    if (step !== when || call !== 1) return;
    world.manager.state.setPassword('admin', 'another-password');
    Object.assign(world.secret, { password: 'another-password' });
  },
  ends: 'SUCCEEDED',
});

describe('from the start', () => {
  test.each(FIND)('$name', playAlone);
});

describe('in the middle', () => {
  test.each(LATER)('$name', playAlone);
});

describe('credentials', () => {
  test.each(
    ['FindManager', 'CreateSnapshot', 'CheckSnapshot', 'PlanTransfer', 'CopySpan', 'PruneManager'].map(rotated),
  )('$name', playAlone);
  test('rotated on the manager only: the secret is read once more, then the run fails', async () => {
    await playAlone({
      name: 'the password was changed and the secret was not',
      during: (world, step, call) => {
        if (step !== 'CopySpan' || call !== 1) return;
        world.manager.state.setPassword('admin', `not-${canary.password.slice(7)}`);
      },
      ends: 'CredentialsRejected',
    });
  });
});
