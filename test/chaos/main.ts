import { parseArgs } from 'node:util';
import { Lab } from './lab.ts';
import { planOf } from './plan.ts';
import { PLANTS } from './plants.ts';
import { FIRST_GUESS, playRound } from './round.ts';

const HELP = `npm run test:chaos -- [--minutes N] [--seed N] [--round N] [--rounds N] [--plant NAME] [--keep]

Real processes, killed and disturbed at random, judged by Python. --minutes: begin no round later (default 3).
--seed and --round play one round of an earlier run again, in a new folder. --plant: one of
${PLANTS.map(({ name }) => `  ${name}`).join('\n')}
is planted into the commands, so that the judge must find it: exit code 1. --keep: leaves the folder.
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: process.env['OFFSITE_CHAOS_MINUTES'] ?? '3' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    round: { type: 'string' },
    rounds: { type: 'string', default: '1000000' },
    plant: { type: 'string' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
if (values.plant !== undefined && !PLANTS.some(({ name }) => name === values.plant)) throw new Error(HELP);

const seed = Number(values.seed);
const only = values.round === undefined ? undefined : Number(values.round);
const last = only ?? Number(values.rounds);
const until = Date.now() + Number(values.minutes) * 60_000;
process.stdout.write(`chaos: seed ${seed}, ${values.minutes} minutes\n`);

const lab = await Lab.start(values.plant);
const durations = { ...FIRST_GUESS };
let [rounds, violations] = [0, 0];
try {
  // Something to restore, to verify and to keep in both stores.
  for (const store of ['folder', 's3'] as const) {
    const { code, err, ms } = await lab.begin(store, 'export', new Date('2023-12-31T00:00:00Z')).ended;
    if (code !== 0) throw new Error(`The first export of all failed: ${err}`);
    durations.export = ms;
  }
  for (let round = only ?? 1; round <= last && (only !== undefined || Date.now() < until); round++) {
    const { store, command, kill, faults } = planOf(seed, round);
    const result = await playRound(lab, seed, round, durations);
    rounds += 1;
    const wrong = [...faults.manager, ...faults.s3].map(({ kind, side, at }) => `${kind} ${side} ${at}`);
    const killed = kill ? `kill ${kill.victim} at ${kill.share.toFixed(2)}` : 'no kill';
    process.stdout.write(`${round} ${command} ${store}, ${killed}, [${wrong.join(', ')}]: ${result.story}\n`);
    for (const violation of result.violations) {
      violations += 1;
      process.stdout.write(`VIOLATION seed ${seed} round ${round}: ${violation}\n`);
      process.stdout.write(`  again: npm run test:chaos -- --seed ${seed} --round ${round}\n`);
    }
  }
} finally {
  await lab.end(values.keep || violations > 0);
}
const met = Object.values(lab.wires).reduce((sum, wire) => sum + wire.met, 0);
process.stdout.write(`chaos: seed ${seed}, ${rounds} rounds, ${met} faults met on wires, ${violations} violations\n`);
if (violations > 0) process.stdout.write(`What is stored is left in ${lab.dir}\n`);
process.exitCode = violations > 0 || rounds === 0 ? 1 : 0;
