import { ArchiveTooLarge } from '../base/errors.ts';
import { defaults } from '../base/settings.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { planParts } from '../transfer/part-plan.ts';
import { steps } from '../workflow/steps.ts';
import { type Finding, finding } from './finding.ts';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

/** The floor that a span is made for, bytes a second, and the seconds that its function has for the bytes. */
const FLOOR = 2_000_000;
const COPY_SECONDS = 840;

/** Everything but parts: test/memory holds a whole export to 250 MB, of which 25 MiB are parts. */
const BASE_MIB = 225;

/** CloudFormation has 500 resources for a stack; a manager has five at most (test/stack/managers.test.ts). */
const MOST_MANAGERS = 65;
const MOST_IN_GROUP = 95;

/** Names of functions have 64 characters (aws: Lambda), the longest of a group ends with `-create-snapshot` after `_`. */
const MOST_NAMES = 64 - '_'.length - '-create-snapshot'.length;
/** Each group has a role for each function and state machine of its own; an account has 1,000 (aws: IAM quotas). */
const ROLES_OF_GROUP = 19;
const ROLES = 1000;

/** What an account has by default (aws: Lambda quotas), and what it must keep for everything else. */
const ACCOUNT_CONCURRENCY = 1000;
const UNRESERVED = 100;

/** What there is not room for. */
export function lintLimits(config: OffsiteConfig): Finding[] {
  return [...transfer(config), ...managers(config), ...groups(config), ...concurrency(config)];
}

function transfer({ transfer: { spanMiB, largestArchiveGiB } }: OffsiteConfig): Finding[] {
  const found: Finding[] = [];
  const seconds = Math.round((spanMiB * MiB) / FLOOR);
  if (seconds > COPY_SECONDS) {
    const needed = ((spanMiB * MiB) / COPY_SECONDS / 1e6).toFixed(1);
    found.push(
      finding(
        'SpanTooSlow',
        `transfer.spanMiB ${spanMiB} must be copied by one function in ${COPY_SECONDS} s: that needs ${needed} MB/s from every manager, steadily.`,
      ),
    );
  }
  try {
    const { partSize } = planParts(
      largestArchiveGiB * GiB,
      true,
      { ...defaults, spanSize: spanMiB * MiB },
      'An archive',
    );
    // One part is filled while another is sent, at least.
    const needed = Math.ceil((2 * partSize) / MiB) + BASE_MIB;
    if (needed > steps.CopySpan.memoryMB) {
      found.push(
        finding(
          'PartsTooLargeForMemory',
          `transfer.largestArchiveGiB ${largestArchiveGiB} makes parts of ${partSize / MiB} MiB (S3 takes 10,000), for which CopySpan needs ${needed} MB of memory and has ${steps.CopySpan.memoryMB} (lib/workflow/steps.ts).`,
        ),
      );
    }
  } catch (error) {
    if (!(error instanceof ArchiveTooLarge)) throw error;
    const enough = Math.ceil((largestArchiveGiB * 1024) / 1000);
    found.push(
      finding(
        'ArchiveTooLarge',
        `transfer.largestArchiveGiB ${largestArchiveGiB} has no room in 1,000 ranges of transfer.spanMiB ${spanMiB}: ${enough} would do, if managers deliver that much within 15 minutes.`,
      ),
    );
  }
  return found;
}

function managers({ managers: all }: OffsiteConfig): Finding[] {
  const found: Finding[] = [];
  for (const group of new Set(all.map((manager) => manager.group))) {
    const count = all.filter((manager) => manager.group === group).length;
    const most = group === undefined ? MOST_MANAGERS : MOST_IN_GROUP;
    if (count <= most) continue;
    const where = group === undefined ? 'without a group' : `in group ${group}`;
    found.push(
      finding(
        'TooManyManagers',
        `${count} managers ${where}: a stack has room for ${most}. Give some of them a group (managers[].group); docs/reference/configuration.md, "Groups", has the steps.`,
      ),
    );
  }
  return found;
}

function groups({ name, managers: all }: OffsiteConfig): Finding[] {
  const names = [...new Set(all.flatMap(({ group }) => group ?? []))];
  const long = names.filter((group) => name.length + group.length > MOST_NAMES);
  const roles = names.length * ROLES_OF_GROUP;
  return [
    ...long.map((group) =>
      finding(
        'GroupNameTooLong',
        `managers[].group ${group} and name ${name} have ${name.length + group.length} characters together; ${MOST_NAMES} are the most, for the names of the functions.`,
      ),
    ),
    ...(roles > ROLES * 0.9
      ? [
          finding(
            'ManyGroups',
            `${names.length} groups have ${roles} roles; an account has ${ROLES} unless its quota was raised (IAM, "Roles per account"). Raise it first, or make fewer groups.`,
          ),
        ]
      : []),
  ];
}

function concurrency({ concurrency: reserved }: OffsiteConfig): Finding[] {
  const sum = Object.values(reserved).reduce((all, one) => all + one, 0);
  if (sum <= ACCOUNT_CONCURRENCY - UNRESERVED) return [];
  return [
    finding(
      'ConcurrencyTakesAll',
      `concurrency reserves ${sum} executions; an account has ${ACCOUNT_CONCURRENCY} by default and keeps ${UNRESERVED} unreserved, or the deployment fails. New accounts have fewer.`,
    ),
  ];
}
