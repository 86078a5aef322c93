import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bytesOf } from '../../simulator/archive/tampered.ts';
import type { SimulatedManager } from '../../simulator/manager/server.ts';
import { type Course, replayCourse, type Scene } from '../replay/course.ts';

const genuine = (name: string): Buffer => readFileSync(new URL(`../fixtures/snapshots/${name}`, import.meta.url));
const NEW = genuine('new-format-7.1.0.dev1-two-tenants.zip');
const LEGACY = genuine('legacy-7.1.0.dev1-three-revisions.zip');

const upload = (id: string) => (manager: SimulatedManager) => {
  manager.state.addSnapshot(id, 'uploaded');
  manager.state.writeFile(id, bytesOf(LEGACY), 0);
};
const older = (id: string) => (manager: SimulatedManager) => manager.seedSnapshot(id);
const BY_URL = 'the signed URL of the archive is a placeholder: the file is put in place';
const empty = { holds: 'nothing', edition: 'premium' } as const;

const CREATED: Course = {
  flag: [],
  execution: ['pending', 'started', 'terminated'],
  snapshot: ['creating', 'created'],
};
const RESTORED: Course = {
  flag: ['not-running', 'running', 'not-running'],
  execution: ['pending', 'started', 'terminated'],
  snapshot: ['404', 'uploaded'],
};

/** Each with how long its worker took, and what befell it; the course is that of the recording. */
const SCENES: readonly (readonly [file: string, course: Course, scene: Scene])[] = [
  [
    '17-restore-new-format-real',
    RESTORED,
    { manager: { ...empty, restoreSeconds: 325 }, upload: NEW, holdsTheSame: true },
  ],
  [
    '18-restore-legacy-fails-midway',
    {
      flag: ['not-running', 'running', '502', 'running', 'not-running'],
      execution: ['pending', 'started', '502', '401'],
      snapshot: ['404', 'uploaded'],
    },
    {
      manager: { ...empty, restoreSeconds: 130 },
      before: {
        55: upload('offsite-restore-20261130T004531Z-1b3f02a1'),
        69: ({ faults }) => faults.inject('restoreFailsMidway', { error: 'FileNotFoundError' }),
      },
      left: { 55: BY_URL },
    },
  ],
  [
    '19-restore-legacy-real',
    {
      flag: ['not-running', 'running', '502', 'running', '502', 'running', 'not-running'],
      execution: ['pending', 'started', '502', '401', 'terminated'],
      snapshot: ['404', 'uploaded', '404'],
    },
    {
      manager: { ...empty, restoreSeconds: 175 },
      holdsTheSame: true,
      before: {
        31: upload('offsite-restore-20261130T005326Z-a4047ce0'),
        // The hash in the archive is of another kind than those of the simulation.
        108: ({ state }) => state.setPassword('admin', 'admin'),
      },
      left: {
        31: BY_URL,
        63: 'REST was stopped a moment earlier',
      },
    },
  ],
  ['20-create-legacy-real', CREATED, { manager: { createSeconds: 64 }, asksForLegacy: true }],
  ['21-create-worker-killed', CREATED, { manager: { createSeconds: 100 } }],
  [
    '22-create-postgres-restarted',
    { ...CREATED, snapshot: ['creating', '500', 'creating', 'created'] },
    {
      manager: { createSeconds: 130 },
      before: {
        13: older('offsite-20261130T004122Z'),
        25: ({ faults }) => faults.inject('serverError', { status: 500 }, { times: 1 }),
      },
    },
  ],
  [
    '23-create-disk-full',
    { ...CREATED, execution: ['pending', 'started'], snapshot: ['creating', 'failed'] },
    {
      manager: { createSeconds: 81.2 },
      before: { 16: ({ faults }) => faults.inject('createFails', { error: '[Errno 28] No space left on device' }) },
    },
  ],
  [
    '24-create-maintenance',
    CREATED,
    { manager: { createSeconds: 77 }, before: { 13: older('offsite-20261130T004526Z') } },
  ],
  ['25-create-worker-stopped', CREATED, { manager: { createSeconds: 240 } }],
  [
    '26-create-legacy-community-real',
    { ...CREATED, execution: ['started', 'terminated'] },
    {
      manager: { edition: 'community', createSeconds: 6 },
      asksForLegacy: true,
      before: { 27: ({ faults }) => faults.inject('rateLimited', {}) },
    },
  ],
];

test.each(SCENES)('the simulated manager goes the way of %s', async (file, course, scene) => {
  const { mismatches, recorded, here } = await replayCourse(file, scene);
  expect(mismatches).toEqual([]);
  expect(here).toEqual(course);
  expect(recorded, 'the recording').toEqual(course);
});
