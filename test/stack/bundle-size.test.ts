import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { sizeOf } from '../../bench/start-up.ts';
import { type StepName, stepNames } from '../../lib/base/step-names.ts';
import { bundleFunctions } from '../../lib/cdk/bundle.ts';
import { defaultRules } from '../../lib/config/manager-rules.ts';
import { fileOf } from '../../lib/workflow/steps.ts';

const others = { ...defaultRules, keepOnManager: 2, snapshotDeadlineSeconds: 43_200 };
const folder = bundleFunctions({ name: 'offsite', managers: {}, others, secrets: {}, groups: {} });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Charts, which nothing else draws: 0.8 MB that are loaded when a report is made. */
const MOST: Partial<Record<StepName, number>> = { WriteReport: 3 };

test.each(stepNames)('%s loads less than 2 MiB, clients of AWS included, and a report its charts', (step) => {
  const bytes = sizeOf(join(folder, `${fileOf(step)}.mjs`));
  // Less than that would be one that no longer bundles its clients, or that this test no longer follows.
  expect(bytes).toBeGreaterThan(1_000_000);
  expect(bytes).toBeLessThan((MOST[step] ?? 2) * 1024 ** 2);
});
