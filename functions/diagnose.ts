import type { Deps } from '../lib/deps.ts';
import { checked, notChecked, ok, warning } from '../lib/doctor/check.ts';
import type { Check } from '../lib/doctor/contract.ts';
import { MOST_CHECKS, MOST_TEXT } from '../lib/doctor/contract.ts';
import { checkManager } from '../lib/doctor/manager.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { bucketFindings } from '../lib/reconcile/check-protection.ts';
import { manifestsOf } from '../lib/storage/layout.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/** What only functions in the VPC see of a manager and of the bucket, by requests that read alone. */
export const diagnose = defineStep('Diagnose', async ({ input: { manager } }, deps) => {
  const found = [
    ...(await ofManager(manager, deps)),
    ...(await checked('bucket from the VPC', () => readBucket(manager, deps))),
    ...(await protectionOf(manager, deps)),
  ];
  const said = (text: string) => deps.redactor.clean(text).slice(0, MOST_TEXT);
  const checks = found.slice(0, MOST_CHECKS).map((check) => ({ ...check, text: said(check.text) }));
  return { manager, checks, checkedAt: deps.clock.now().toISOString() };
});

async function ofManager(manager: string, deps: Deps): Promise<readonly Check[]> {
  const secret = await checked('secret', async () => {
    await deps.managers.nodes(manager);
    return ok('secret', 'it can be read and decrypted, and has every field that is needed');
  });
  if (secret.some(({ state }) => state === 'failed'))
    return [...secret, notChecked('manager', 'without its secret the manager cannot be asked')];
  return [...secret, ...(await checkManager(manager, deps))];
}

async function readBucket(manager: string, { archive }: Deps): Promise<Check> {
  const what = 'bucket from the VPC';
  const newest = (await archive.records.list(manifestsOf(manager))).at(-1)?.key;
  const head = newest === undefined ? undefined : await archive.head(newest);
  if (newest === undefined || !head) return ok(what, `s3://${archive.bucketName} can be listed`);
  for await (const _ of await archive.source(newest, head.versionId, head.size).read(0, 0));
  return ok(what, `s3://${archive.bucketName} can be listed, read and decrypted`);
}

/** The bucket as it is, against the configuration that is deployed. A backup works without it: no check fails. */
async function protectionOf(manager: string, deps: Deps): Promise<readonly Check[]> {
  try {
    const findings = await bucketFindings(deps.rulesOf(manager), deps);
    if (findings.length === 0) return [ok('protection', 'the settings of the bucket are those of the configuration')];
    return findings.map(({ message }) => warning('protection', message));
  } catch (error) {
    return [notChecked('protection', `the settings of the bucket cannot be read: ${(error as Error).message}`)];
  }
}

export const handler = toHandler(diagnose, runtime);
