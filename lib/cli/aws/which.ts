import * as z from 'zod';
import { isUnread, readOrError } from '../../catalogue/read-record.ts';
import { executionArn, isNamedAfter, partsOfArn } from '../../installation/arns.ts';
import { ExecutionNotFound } from '../../installation/errors.ts';
import { allMachines, type Kind } from '../../installation/find-installation.ts';
import type { Described } from '../../installation/step-functions.ts';
import { claimOf, runsOf } from '../../storage/layout.ts';
import type { Deployed } from './open.ts';

export interface Wanted {
  /** An ARN, or the name of an execution of any machine of the installation. */
  readonly which: string | undefined;
  /** Instead: the execution of this manager that began last. */
  readonly manager: string | undefined;
}

/** Throws `ExecutionNotFound`. */
export async function findExecution({ which = '', manager }: Wanted, aws: Deployed): Promise<Described> {
  if (manager !== undefined) return await latestOf(manager, aws);
  const arns = partsOfArn(which) ? [which] : machinesOf(aws).map(({ arn }) => executionArn(arn, which));
  const found = (await Promise.all(arns.map((arn) => aws.sfn.describe(arn)))).find((one) => one !== undefined);
  if (found) return found;
  throw new ExecutionNotFound(
    `There is no execution ${which} of stack ${aws.installation.name}. Histories are kept for 90 days; offsite status names the last run of each manager.`,
  );
}

/** Not those of decisions and diagnoses: whoever follows a manager wants the restore that waits for one, and may not see the other. */
const BESIDE = new Set<Kind>(['approve', 'decide', 'diagnose']);
const machinesOf = ({ installation }: Deployed) => allMachines(installation, (kind) => !BESIDE.has(kind));

/** The part of run records and claims that names an execution. */
const Names = z.looseObject({ execution: z.string() });

/** Names that others gave to executions say nothing of a manager; the records in the bucket do, once they are claimed. */
async function latestOf(manager: string, aws: Deployed): Promise<Described> {
  const { records } = aws.archive;
  const runs = (await records.list(runsOf(manager))).filter(({ key }) => key.endsWith('.json'));
  const last = runs.sort((a, b) => b.lastModified.getTime() - a.lastModified.getTime())[0]?.key;
  const keys = [...(last === undefined ? [] : [last]), claimOf(manager)];
  const recorded = await Promise.all(keys.map(async (key) => await executionIn(key, records)));
  const named = await Promise.all(machinesOf(aws).map(({ arn }) => aws.sfn.newest(arn, NEWEST)));
  const arns = [
    ...recorded.filter((arn) => arn !== undefined && partsOfArn(arn) !== undefined),
    ...named.flatMap((all) => all.find(({ name }) => isNamedAfter(name, manager))?.arn ?? []),
  ];
  const described = await Promise.all([...new Set(arns)].map((arn) => aws.sfn.describe(arn as string)));
  const latest = described.filter((one) => one !== undefined).sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1))[0];
  if (latest) return latest;
  throw new ExecutionNotFound(
    `There is no execution of manager ${manager} in stack ${aws.installation.name}: none is recorded in bucket ${aws.installation.bucket}, and none of the newest is named after it.`,
  );
}

/** A record that cannot be read names none; other ways to find the execution are left. */
async function executionIn(key: string, records: Deployed['archive']['records']): Promise<string | undefined> {
  const entry = await readOrError(() => records.read(key, Names));
  return isUnread(entry) ? undefined : entry?.value.execution;
}

/** Executions of a machine that are looked through by name: a page. */
const NEWEST = 1000;
