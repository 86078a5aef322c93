import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stepNames } from '../lib/base/step-names.ts';
import { bundleFunctions } from '../lib/cdk/bundle.ts';
import { defaultRules } from '../lib/config/manager-rules.ts';
import { fileOf } from '../lib/workflow/steps.ts';
import { measure, median } from './measure.ts';
import { type Target, target } from './table.ts';

export interface StartUp {
  /** Bytes of each bundled function, the largest first. */
  readonly sizes: readonly (readonly [name: string, bytes: number])[];
  readonly milliseconds: { readonly bareNode: number; readonly heaviest: number; readonly help: number };
  readonly targets: readonly Target[];
}

const ROUNDS = 15;
const cli = fileURLToPath(new URL('../bin/offsite.ts', import.meta.url));

/**
 * Sizes of the functions, and how long a fresh process takes until its handler could be called: the module and the SDK
 * clients that its first event loads. Medians; `node -e 0` beside it is what Node itself takes.
 */
export async function startUp(): Promise<StartUp> {
  const folder = bundleFunctions({
    name: 'bench',
    managers: {},
    others: { ...defaultRules, keepOnManager: 2, snapshotDeadlineSeconds: 43_200 },
    secrets: {},
    groups: {},
  });
  const sizes = stepNames.map((step) => [fileOf(step), sizeOf(join(folder, `${fileOf(step)}.mjs`))] as const);
  sizes.sort(([, a], [, b]) => b - a);
  const heaviest = join(folder, `${sizes[0]?.[0]}.mjs`);
  const node = `'${process.execPath}'`;
  const event = `'import("${heaviest}").then((m) => m.handler({})).catch(() => undefined)'`;
  const env = { OFFSITE_BUCKET: 'bench', AWS_REGION: 'us-east-1' };
  const commands = {
    bareNode: [`${node} -e 0`, {}],
    heaviest: [`${node} -e ${event}`, env],
    help: [`${node} ${cli} --help`, {}],
  } as const;
  const times: Record<keyof typeof commands, number[]> = { bareNode: [], heaviest: [], help: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ['bareNode', 'heaviest', 'help'] as const) {
      times[name].push((await measure(commands[name][0], commands[name][1])).seconds * 1000);
    }
  }
  const milliseconds = { bareNode: median(times.bareNode), heaviest: median(times.heaviest), help: median(times.help) };
  return {
    sizes,
    milliseconds,
    targets: [
      target(
        `cold start of the heaviest function (${sizes[0]?.[0]}), ms`,
        '< 400',
        milliseconds.heaviest,
        milliseconds.heaviest < 400,
      ),
      target('offsite --help, ms', '< 300', milliseconds.help, milliseconds.help < 300),
    ],
  };
}

/**
 * In the library for mail, 248 KB, which a function loads for a notification target of mail and otherwise never; in the
 * client of Lambda, 120 KB, which Reconcile loads where functions are in a VPC, once a day.
 */
const RARE = ['nodemailer.com', '"GetFunctionConfiguration"'];

/** A function's own file and all that it loads, at once or later: what Node has to read for it. */
export function sizeOf(file: string, seen = new Set<string>()): number {
  if (seen.has(file)) return 0;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  if (RARE.some((mark) => text.includes(mark))) return 0;
  const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+\.m?js)"/g)].map((match) => match[1] ?? '');
  return imports.reduce((sum, name) => sum + sizeOf(join(dirname(file), name), seen), Buffer.byteLength(text));
}
