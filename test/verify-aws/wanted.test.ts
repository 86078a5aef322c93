import { describe, expect, test } from 'vitest';
import { costOf } from './cost.ts';
import { newName, wantedOf } from './wanted.ts';

const EMULATED = { account: '111122223333', region: 'eu-central-1' };
const wanted = (...words: string[]) => wantedOf(words, EMULATED);
const MINE = ['--profile', 'mine', '--account', '444455556666', '--region', 'eu-west-1'];

describe('npm run verify:aws', () => {
  test.each([
    ['without a word', [], '--profile, --account and --region are required'],
    ['without a profile', ['--account', '444455556666', '--region', 'eu-west-1', '--yes'], '--profile, --account'],
    ['without an account', ['--profile', 'mine', '--region', 'eu-west-1', '--yes'], '--profile, --account'],
    ['without a region', ['--profile', 'mine', '--account', '444455556666', '--yes'], '--profile, --account'],
    ['with an account that is none', [...MINE.with(3, '4444'), '--yes'], '--account 4444 is not the 12 digits'],
    ['with a region that is none', [...MINE.with(5, 'Frankfurt'), '--yes'], '--region Frankfurt is not the name'],
    ['without --yes', MINE, 'Nothing was done. With --yes this makes two stacks in account 444455556666'],
    ['without --yes, to tear down', [...MINE, '--tear-down', 'verify-k3x9q2'], 'Nothing was done'],
    ['to tear down an installation', [...MINE, '--yes', '--tear-down', 'offsite'], 'is not the name of such a run'],
    ['in an emulator without --yes', ['--emulator'], 'Nothing was done: say --yes.'],
    ['in an emulator with a profile', ['--emulator', '--yes', '--profile', 'mine'], '--emulator needs no --profile'],
    ['with patience without end', [...MINE, '--yes', '--minutes', '600'], '--minutes must be a number from 1 to 60'],
    ['with an unknown option', ['--force'], "Unknown option '--force'"],
  ])('%s it does nothing', (_, words, why) => {
    expect(() => wanted(...words)).toThrow(why);
  });

  test('names its stacks so that --tear-down knows them for its own', () => {
    const names = Array.from({ length: 100 }, newName);
    expect(new Set(names).size).toBe(100);
    for (const name of names) expect(wanted(...MINE, '--yes', '--tear-down', name)).toMatchObject({ tearDown: name });
  });

  test('costs about a dollar: less in an hour, with the keys, alarms and endpoints that it makes', () => {
    const made = (ResourceType: string, count: number) => Array.from({ length: count }, () => ({ ResourceType }));
    const all = [
      ...made('AWS::KMS::Key', 3),
      ...made('AWS::SecretsManager::Secret', 2),
      ...made('AWS::CloudWatch::Alarm', 20),
      ...made('AWS::EC2::VPCEndpoint', 3),
      ...made('AWS::EC2::Instance', 1),
    ];
    expect(costOf(all, 50 * 60_000)).toBeGreaterThan(0.1);
    expect(costOf(all, 50 * 60_000)).toBeLessThan(1);
    expect(costOf(all, 110 * 60_000)).toBeGreaterThan(costOf(all, 50 * 60_000));
  });
});
