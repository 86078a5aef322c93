import { readFileSync } from 'node:fs';
import { manyManagers, synthOf } from './synth-of.ts';
import { markdown } from './table.ts';

/** Prints what `cdk synth` takes of the example, 300 and 1,000 managers, and how large it becomes: `npm run bench:limits`. */
const example = JSON.parse(readFileSync(new URL('../offsite.example.json', import.meta.url), 'utf8')) as object;

const rows = [
  [
    'configuration',
    'seconds',
    'CPU seconds',
    'memory',
    'templates',
    'largest template',
    'its resources',
    'resources in all',
    'longest policies of a role',
  ],
];
for (const [name, config] of [
  ['the example', example],
  ['300 managers', manyManagers(300)],
  ['1,000 managers', manyManagers(1000)],
] as const) {
  const made = await synthOf(config);
  rows.push([
    name,
    made.seconds.toFixed(1),
    made.cpuSeconds.toFixed(1),
    `${(made.peakRss / 1e6).toFixed(0)} MB`,
    String(made.templates),
    `${(made.bytes / 1000).toFixed(0)} KB of 1,000`,
    `${made.resources} of 500`,
    String(made.allResources),
    `${made.policy} characters of 10,240`,
  ]);
}
process.stdout.write(`${markdown(rows).join('\n')}\n`);
