import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { manyManagers, synthOf } from '../../bench/synth-of.ts';
import { parseConfig } from '../../lib/config/offsite-config.ts';
import { lintPolicy } from '../../lib/lint/policy-lint.ts';
import { EVERYTHING, resourcesOf, type Synthesized, synthesize } from './synth.ts';

/** Each manager with all that one can have: a secret, an export, a drill, reconciliation, an alarm. */
const full = (count: number, group?: string) => ({
  version: 2,
  managers: [
    { id: 'lab', schedule: null, drillTarget: true, restoreFrom: [] },
    ...Array.from({ length: count - 1 }, (_, i) => ({
      id: `m${i}`,
      drill: { onto: 'lab' },
      ...(group ? { group } : {}),
    })),
  ],
  notifications: { emails: ['ops@example.com'] },
});

describe('the largest installation that the policy lint lets through', () => {
  let largest: Synthesized;
  beforeAll(() => {
    largest = synthesize(full(65));
  });

  test('has room in one stack', () => {
    expect(lintPolicy(parseConfig(full(65)))).toEqual([]);
    expect(Object.keys(resourcesOf(largest)).length).toBeLessThanOrEqual(500);
    // A template has 1 MB (aws: CloudFormation quotas).
    expect(JSON.stringify(largest.template.toJSON()).length).toBeLessThan(900_000);
  });

  test('has environments under 4 KB and policies under 10,240 characters', () => {
    for (const { Properties } of Object.values(resourcesOf(largest, 'AWS::Lambda::Function')))
      expect(JSON.stringify(Properties['Environment']).length).toBeLessThan(4096);
    for (const { Properties } of Object.values(resourcesOf(largest, 'AWS::IAM::Role')))
      expect(JSON.stringify(Properties['Policies'] ?? []).length).toBeLessThan(10_240);
  });
});

test('the longest name of a manager fits into those of its schedules, which have 64 characters', () => {
  const id = `a${'b'.repeat(53)}`;
  const made = synthesize({
    managers: [
      { id, drill: { onto: 'lab' } },
      { id: 'lab', drillTarget: true },
    ],
  });
  const names = Object.values(resourcesOf(made, 'AWS::Scheduler::Schedule')).map((one) =>
    String(one.Properties['Name']),
  );
  expect(names.filter((name) => name.startsWith(id))).toHaveLength(3);
  expect(Math.max(...names.map((name) => name.length))).toBe(64);
});

test('a manager has five resources at most', () => {
  const count = (managers: number) => Object.keys(resourcesOf(synthesize(full(managers)))).length;
  expect(count(3) - count(2)).toBeLessThanOrEqual(5);
});

/** Every file below a folder, with its content. */
function filesOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const named = files.map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(named.map((file) => [file.slice(folder.length), readFileSync(file, 'utf8')]));
}

test('the same configuration is the same assembly, byte for byte: a second deployment finds nothing to do', () => {
  const assembly = () => {
    const files = filesOf(synthesize(EVERYTHING).app.synth().directory);
    return Object.fromEntries(
      Object.entries(files).filter(([file]) => !/tree\.json|metadata|manifest\.json|report/.test(file)),
    );
  };
  const [first, second] = [assembly(), assembly()];
  expect(Object.keys(first).length).toBeGreaterThan(20);
  expect(Object.keys(second)).toEqual(Object.keys(first));
  for (const [file, content] of Object.entries(first)) expect(second[file] === content, file).toBe(true);
});

test.each<[string, object, number]>([
  ['the example', JSON.parse(readFileSync(new URL('../../offsite.example.json', import.meta.url), 'utf8')), 15],
  ['300 managers', manyManagers(300), 60],
])(
  'cdk synth of %s takes no longer than it may',
  async (_, config, most) => {
    // CPU seconds, as the machine may be busy with other tests. `npm run bench:limits` prints all figures, also of 1,000.
    const { cpuSeconds, resources, bytes } = await synthOf(config);
    expect(cpuSeconds).toBeLessThan(most);
    expect(resources).toBeLessThanOrEqual(500);
    expect(bytes).toBeLessThan(900_000);
  },
  300_000,
);
