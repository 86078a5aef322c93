import { defined } from '../lib/base/defined.ts';
import type { DecisionInput } from '../lib/decision/input.ts';
import type { Deps } from '../lib/deps.ts';
import { acceptDrift } from '../lib/export/accept-drift.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { endKeep, keepArchive } from '../lib/retention/keep.ts';
import { retain } from '../lib/retention/retain.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Records what a person has decided about an archive, signed, and applies retention: what is released or accepted may let
 * others go. Who the person is, CloudTrail says of the execution's start. Repeated, it records the same again.
 */
export const recordDecision = defineStep('RecordDecision', async ({ input }, deps) => {
  const { manager, snapshot } = input;
  const outcome = await record(input, deps);
  await retain(manager, deps);
  return { manager, snapshot, ...outcome, recordedAt: deps.clock.now().toISOString() };
});

async function record({ manager, snapshot, decision, until, reason }: DecisionInput, deps: Deps) {
  switch (decision) {
    case 'keep': {
      const wish = { until: until ? new Date(until) : null, ...defined({ reason }) };
      const { legalHold } = await keepArchive(manager, snapshot, wish, deps);
      return { outcome: 'kept', legalHold } as const;
    }
    case 'unkeep':
      await endKeep(manager, snapshot, deps);
      return { outcome: 'released' } as const;
    case 'accept': {
      const { outcome } = await acceptDrift({ manager, snapshot, ...defined({ reason }) }, deps);
      return { outcome } as const;
    }
  }
}

export const handler = toHandler(recordDecision, runtime);
