import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { EVERYTHING, SMALLEST, synthesize } from './synth.ts';

test.each([
  ['as little as there can be', SMALLEST],
  ['all that can be switched on', EVERYTHING],
])('cdk-nag finds nothing in a stack with %s that has no written reason', (_, config) => {
  const { app } = synthesize(config);
  const { violations } = new AwsSolutionsChecks(app).validateScope(app);
  const found = violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
  );
  // Prefixes of the bucket in the roles of groups: the reasons name the bucket, which in a nested template is a parameter.
  const known =
    /^AwsSolutions-IAM5\[Resource::<referenceto\w+ArchivesBucket\w+Arn>\/[a-z-]+\/\*\] at \w+\/Default\/workers-/;
  expect(found.filter((one) => !known.test(one))).toEqual([]);
});
