import { parseArgs } from 'node:util';

export const HELP = `npm run verify:aws -- --profile NAME --account ID --region REGION --yes
npm run verify:aws -- --emulator --yes

Deploys cloudify-offsite into an AWS account under a name of its own, with two simulated managers in a VPC of its own;
exports, restores, checks what was deployed; removes everything; prints what it found and what it cost: about $1.

--profile NAME    profile of the AWS tools whose credentials are used
--account ID      the account that these credentials must be of: 12 digits
--region REGION   where
--yes             deploy; without it nothing is done
--minutes N       how long to wait at most for what AWS does by itself: copies, alarms (default 20)
--report FILE     write the report as JSON too
--tear-down NAME  remove what a run with this name has left, and nothing else
--emulator        against MiniStack on this machine: the one of AWS_ENDPOINT_URL, or one that is started
`;

export interface Wanted {
  readonly isEmulator: boolean;
  readonly profile: string | undefined;
  readonly account: string;
  readonly region: string;
  readonly minutes: number;
  readonly report: string | undefined;
  readonly tearDown: string | undefined;
}

/** Names of runs: no installation of anybody can be taken for one. */
const NAME = /^verify-[a-z0-9]{6}$/;

export function newName(): string {
  const letters = crypto.getRandomValues(new Uint8Array(6));
  return `verify-${[...letters].map((one) => (one % 36).toString(36)).join('')}`;
}

/** What is wrong with the command line. */
export class Refused extends Error {}

export function wantedOf(words: readonly string[], emulated: { account: string; region: string }): Wanted | 'help' {
  const { yes, help, ...given } = parsed(words);
  if (help) return 'help';
  const minutes = Number(given.minutes);
  if (!(minutes >= 1 && minutes <= 60)) throw new Refused('--minutes must be a number from 1 to 60.');
  const tearDown = given['tear-down'];
  if (tearDown !== undefined && !NAME.test(tearDown))
    throw new Refused(`--tear-down ${tearDown} is not the name of such a run: those look like verify-k3x9q2.`);
  const rest = { minutes, report: given.report, tearDown };
  if (given.emulator) {
    if (given.profile !== undefined || given.account !== undefined || given.region !== undefined)
      throw new Refused('--emulator needs no --profile, --account or --region: nothing leaves this machine.');
    if (!yes) throw new Refused('Nothing was done: say --yes.');
    return { isEmulator: true, profile: undefined, ...emulated, ...rest };
  }
  const { profile, account, region } = given;
  if (profile === undefined || account === undefined || region === undefined)
    throw new Refused('--profile, --account and --region are required, or --emulator.');
  if (!/^\d{12}$/.test(account)) throw new Refused(`--account ${account} is not the 12 digits of an account.`);
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) throw new Refused(`--region ${region} is not the name of a region.`);
  if (!yes)
    throw new Refused(
      `Nothing was done. With --yes this makes two stacks in account ${account}, ${region}, and removes them; about $1.`,
    );
  return { isEmulator: false, profile, account, region, ...rest };
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        profile: { type: 'string' },
        account: { type: 'string' },
        region: { type: 'string' },
        minutes: { type: 'string', default: '20' },
        report: { type: 'string' },
        'tear-down': { type: 'string' },
        emulator: { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new Refused(error instanceof Error ? error.message : String(error));
  }
}
