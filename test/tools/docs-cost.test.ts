import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import type { LocalS3 } from '../../folder-s3/server.ts';
import { FLAGS } from '../../lib/cdk/flags.ts';
import { OffsiteStack } from '../../lib/cdk/offsite-stack.ts';
import { parseConfig } from '../../lib/config/offsite-config.ts';
import { countsOf } from '../../tools/cost-model.ts';
import { storedBy } from '../../tools/cost-storage.ts';
import { ALARM_METRICS, withTables } from '../../tools/cost-tables.ts';
import { World } from '../support/world.ts';

const page = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'reference', 'cost.md'), 'utf8');

test('the tables of docs/reference/cost.md are what the model says now (node tools/cost-tables.ts writes them)', () => {
  expect(page.match(/<!-- end -->/g)?.length).toBeGreaterThan(4);
  expect(withTables(page)).toBe(page);
});

type Operation = Parameters<LocalS3['requests']>[0];

const WRITES: Operation[] = [
  ...(['PutObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'PutObjectTagging'] as const),
  ...(['ListParts', 'ListMultipartUploads', 'ListObjectsV2', 'ListObjectVersions'] as const),
];
const READS: Operation[] = ['GetObject', 'HeadObject', 'GetObjectTagging'];

test.each([100_000, 400_000])(
  'an export of %i bytes is as many states and requests as the model says',
  async (size) => {
    const world = await World.start({ manager: { archive: { sizeBytes: size, seed: 7 } } });
    const made = (operations: Operation[]) => operations.reduce((sum, name) => sum + world.s3.requests(name), 0);
    try {
      for (const archives of [0, 1, 2, 3, 4, 5]) {
        const before = { writes: made(WRITES), reads: made(READS), parts: world.s3.requests('UploadPart') };
        const { events, outcome } = await world.run({ processes: 'each' });
        expect(outcome.status).toBe('SUCCEEDED');
        const entered = events.filter((e) => e.type === 'StateEntered').map((e) => e.state?.name);
        const often = (name: string) => entered.filter((each) => each === name).length;
        const said = countsOf({
          polls: often('CheckSnapshot'),
          parts: world.s3.requests('UploadPart') - before.parts,
          spans: often('CopySpan'),
          verifySpans: often('VerifySpan'),
          archives,
        });
        expect(entered).toHaveLength(said.states);
        // Within a fifth: a request more or less is no reason to change a page.
        expect(Math.abs((made(WRITES) - before.writes) / said.s3Writes - 1), 'writes').toBeLessThan(0.2);
        expect(Math.abs((made(READS) - before.reads) / said.s3Reads - 1), 'reads').toBeLessThan(0.3);
        await world.clock.sleep(86_400_000);
      }
    } finally {
      await world.stop();
    }
  },
);

test('in the long run a policy has as many archives as one counts by hand', () => {
  const days = { daily: 14, weekly: 14, monthly: 14, yearly: 14 };
  expect(storedBy({ days }).archives).toBeCloseTo(14, 5);
  expect(storedBy({ days }).noncurrent).toBeCloseTo(7, 5);
  // 35 nights; of the older ones 56 days of weeks, a year of months, and the years: 35 + 8 + some 10 + some 6.
  const { archives, byClass } = storedBy({});
  expect(archives).toBeGreaterThan(57);
  expect(archives).toBeLessThan(65);
  expect(byClass.STANDARD_IA).toBe(0);
});

test('the stack has about as many alarms as the page reckons with', () => {
  const config = parseConfig({ managers: [{ id: 'prod' }] });
  const template = Template.fromStack(new OffsiteStack(new App({ context: FLAGS }), 'offsite', { config }));
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')) as {
    Properties: { Metrics?: { MetricStat?: object }[] };
  }[];
  const metrics = alarms.flatMap(({ Properties }) => Properties.Metrics?.filter((m) => m.MetricStat) ?? [{}]).length;
  // One is the manager's.
  expect(Math.abs(metrics - 1 - ALARM_METRICS)).toBeLessThanOrEqual(3);
});
