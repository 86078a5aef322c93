import { undeliveredNotes } from '../lib/base/undelivered-notes.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { digestOccasion, digestOf, digestSubject } from '../lib/status/digest.ts';
import { expectedBy } from '../lib/status/expected.ts';
import { managersIn } from '../lib/status/managers.ts';
import { statusOf } from '../lib/status/status.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/** Tells people how the backups of all managers are: one message, however many managers. Sent again if nobody was told. */
export const sendDigest = defineStep('SendDigest', async (_, deps) => {
  const { archive, clock, configured, rulesOf, notifier } = deps;
  const now = clock.now();
  const managers = [...new Set([...configured, ...(await managersIn(archive.records))])].sort();
  const isConfigured = new Set(configured);
  const expected = (manager: string) => expectedBy(isConfigured.has(manager) ? rulesOf(manager) : undefined, now);
  const digest = digestOf(await statusOf({ managers, archive, now, expected }));
  const undelivered = await notifier.publish(digestSubject(digest), { ...digest }, digestOccasion(digest));
  const { outcome, message, managers: all, good } = digest;
  return { outcome, message, managers: all, good, notes: undeliveredNotes(undelivered), sentAt: now.toISOString() };
});

export const handler = toHandler(sendDigest, runtime);
