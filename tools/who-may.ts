import { stepNames } from '../lib/base/step-names.ts';
import { type Grant, grantsOf, type Places } from '../lib/cdk/grants.ts';
import { PEOPLE, type PeoplePlaces, personNames } from '../lib/cdk/people.ts';
import { FOLDERS, prefixOf } from '../lib/storage/layout.ts';
import { machineNames } from '../lib/workflow/definition.ts';
import { steps } from '../lib/workflow/steps.ts';

interface Question {
  readonly what: string;
  readonly actions: RegExp;
  /** Part of the resource that it is about; undefined: any. */
  readonly on?: string;
}

/** What a security review asks first: of each right that does harm, who has it. */
const QUESTIONS: readonly Question[] = [
  { what: 'read the credentials of the managers of its group', actions: /GetSecretValue/, on: '<secrets of managers>' },
  { what: 'read the credentials of configured sources', actions: /GetSecretValue/, on: '<sources>' },
  ...FOLDERS.map((folder) => ({
    what: `write \`${prefixOf(folder)}\``,
    actions: /^s3:PutObject$/,
    on: `/${prefixOf(folder)}`,
  })),
  { what: 'delete a version of an archive', actions: /^s3:DeleteObjectVersion$/ },
  { what: 'hide an object behind a delete marker', actions: /^s3:DeleteObject$/ },
  { what: 'change when objects expire, or a legal hold', actions: /^s3:PutObject(Version)?(Tagging|LegalHold)$/ },
  { what: 'set or extend a lock', actions: /^s3:PutObjectRetention$/ },
  {
    what: 'shorten a lock, change the bucket, its policy or its lifecycle',
    actions: /Bypass|^s3:Put(Bucket|Lifecycle)/,
  },
  { what: 'sign a record', actions: /^kms:Sign$/ },
  { what: 'publish to the topic', actions: /^sns:Publish$/ },
];

const STARTS = /^states:StartExecution$/;
/** Who is in neither table (docs/permissions.md, "Beyond the table"). */
const SCHEDULED = new Set(['export', 'restore', 'verify', 'reconcile']);

/** The rights the other way round: one row for each, with the functions and the people's policies that have it. */
export function whoMay(places: Places, people: PeoplePlaces): string {
  const asked = ({ actions, on }: Question) => {
    const has = (grants: readonly Grant[]) =>
      grants.some(
        (grant) =>
          grant.actions.some((action) => actions.test(action)) &&
          (on === undefined || grant.resources.some((resource) => resource.includes(on))),
      );
    const functions = stepNames.filter((step) => has(grantsOf(steps[step].touches, places)));
    return { functions, people: personNames.filter((person) => has(allowedTo(person, people))) };
  };
  const rows = QUESTIONS.map((question) => {
    const { functions, people: persons } = asked(question);
    return `| ${question.what} | ${listOf(functions)} | ${listOf(persons)} |`;
  });
  const starts = machineNames.map((name) => {
    const { people: persons } = asked({ what: '', actions: STARTS, on: `<name>-${name}` });
    return `| start \`<name>-${name}\` | ${SCHEDULED.has(name) ? 'the schedules' : 'none'} | ${listOf(persons)} |`;
  });
  const head = ['| To | Functions | Managed policies |', '| --- | --- | --- |'];
  return ['## Each right and its owners', '', NOTE, '', ...head, ...rows, ...starts, ''].join('\n');
}

const NOTE = `No function that reads credentials can delete a version, change when it expires, or sign. An attacker who takes over such a function
through a manager gets the credentials of its group. PlanTransfer and CopySpan could put an object over an archive: the version below
stays for days, or for the time of its lock, and the daily reconciliation reports it (\`HiddenArchive\`).`;

function allowedTo(person: (typeof personNames)[number], places: PeoplePlaces): Grant[] {
  return PEOPLE[person].rights(places).filter(({ effect }) => effect !== 'Deny');
}

const listOf = (names: readonly string[]) => (names.length > 0 ? names.join(', ') : 'none');
