import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACCOUNT, REGION } from '../aws/emulator.ts';
import { type Account, openAccount } from './account.ts';
import { alarmChecks } from './alarm-checks.ts';
import { type Checked, runChecks } from './checks.ts';
import { costOf } from './cost.ts';
import { deploy } from './installation.ts';
import { runChecks as runs } from './run-checks.ts';
import { Stacks } from './stacks.ts';
import { storageChecks } from './storage-checks.ts';
import { tearDown } from './tear-down.ts';
import { HELP, newName, Refused, type Wanted, wantedOf } from './wanted.ts';

const say = (text: string) => process.stdout.write(`${text}\n`);

interface Report {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly emulator: boolean;
  readonly outcome: 'ok' | 'failed';
  readonly checks: readonly Checked[];
  /** Why it did not come to its end. */
  readonly problem: string | undefined;
  /** What could not be removed, and goes on costing. */
  readonly left: readonly string[];
  readonly minutes: number;
  readonly dollars: number;
}

/** Deploys, looks, and tears down, whatever happens in between. */
async function verify(account: Account, { minutes }: Wanted): Promise<Report> {
  const [name, began] = [newName(), Date.now()];
  const interrupt = new AbortController();
  const stop = () => {
    if (interrupt.signal.aborted) {
      say(`Stopped while tearing down. The rest: npm run verify:aws -- … --tear-down ${name}`);
      process.exit(3);
    }
    say('Interrupted: tearing down. Once more stops that, too.');
    interrupt.abort(new Error('interrupted'));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  const folder = await mkdtemp(join(tmpdir(), 'offsite-verify-'));
  const checks: Checked[] = [];
  const stacks = new Stacks(account);
  let [problem, dollars]: [string | undefined, number] = [undefined, 0];
  say(`${name} in account ${account.id}, ${account.region}${account.isEmulator ? ' of an emulator' : ''}`);
  try {
    const installation = await deploy({ account, name, folder, signal: interrupt.signal, say });
    const bench = { ...installation, signal: interrupt.signal, patience: minutes * 60_000, left: {} };
    const tell = (checked: Checked) => {
      checks.push(checked);
      say(`${checked.outcome.padEnd(11)}  ${checked.check} (${checked.seconds} s): ${checked.found}`);
    };
    await runChecks([...runs, ...storageChecks, ...alarmChecks], bench, tell);
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
    say(`failed       ${problem}`);
  }
  const made = await Promise.all([name, `${name}-site`].map((stack) => stacks.resources(stack).catch(() => [])));
  const left = await tearDown(account, name, say);
  dollars = account.isEmulator ? 0 : costOf(made.flat(), Date.now() - began);
  await rm(folder, { recursive: true, force: true });
  const isFine = problem === undefined && checks.every(({ outcome }) => outcome !== 'failed');
  return {
    ...{ name, account: account.id, region: account.region, emulator: account.isEmulator },
    ...{ outcome: isFine ? 'ok' : 'failed', checks, problem, left },
    ...{ minutes: Math.ceil((Date.now() - began) / 60_000), dollars },
  };
}

function close({ outcome, checks, left, minutes, dollars, name }: Report): number {
  const count = (of: Checked['outcome']) => checks.filter((one) => one.outcome === of).length;
  say(
    `${outcome}: ${count('ok')} checks ok, ${count('failed')} failed, ${count('not checked')} not checked; ${minutes} minutes`,
  );
  say(`It cost about $${dollars.toFixed(2)}, by list prices of us-east-1.`);
  if (left.length === 0) return outcome === 'ok' ? 0 : 1;
  say(`NOT REMOVED, and costs money: ${left.join(', ')}. npm run verify:aws -- … --tear-down ${name}`);
  return 3;
}

async function main(): Promise<number> {
  const wanted = wantedOf(process.argv.slice(2), { account: ACCOUNT, region: REGION });
  if (wanted === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const account = await openAccount(wanted);
  try {
    if (wanted.tearDown !== undefined) return (await tearDown(account, wanted.tearDown, say)).length === 0 ? 0 : 3;
    const report = await verify(account, wanted);
    if (wanted.report !== undefined) await writeFile(wanted.report, `${JSON.stringify(report, null, 1)}\n`);
    return close(report);
  } finally {
    await account.stop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  process.stderr.write(`${error.message}\n\n${HELP}`);
  process.exitCode = 2;
}
