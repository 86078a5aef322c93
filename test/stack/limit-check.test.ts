import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { CloudifyOffsite } from '../../lib/cdk/cloudify-offsite.ts';

/** A policy that IAM would refuse in the middle of the deployment. */
const tooLong = (stack: Stack) =>
  new CfnResource(stack, 'Mine', {
    type: 'AWS::IAM::ManagedPolicy',
    properties: { PolicyDocument: { Sid: 'x'.repeat(7000) } },
  });
const refusalOf = (app: App): string => {
  try {
    app.synth();
    return '';
  } catch (error) {
    return String(error);
  }
};

test('in an app of somebody else the construct ends the synth when its stack is larger than AWS takes, and says why once', () => {
  const app = new App({ analyticsReporting: false });
  const stack = new Stack(app, 'backup');
  new CloudifyOffsite(stack, 'One', { managers: [{ id: 'prod' }], name: 'one' });
  new CloudifyOffsite(stack, 'Two', { managers: [{ id: 'prod', group: 'east' }], name: 'two' });
  tooLong(stack);
  const refusal = refusalOf(app);
  expect(refusal).toMatch(/PolicyTooLarge: AWS::IAM::ManagedPolicy Mine in backup\.template\.json has up to 70\d\d /);
  expect(refusal.match(/PolicyTooLarge: /g)).toHaveLength(1);
}, 120_000);

test('nested stacks are measured, and stacks without the construct are not', () => {
  const app = new App({ analyticsReporting: false });
  const secret = (i: number) => `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${'x'.repeat(200)}${i}-AbCdEf`;
  new CloudifyOffsite(new Stack(app, 'backup'), 'Offsite', {
    managers: Array.from({ length: 60 }, (_, i) => ({ id: `m${i}`, group: 'east', secret: { id: secret(i) } })),
  });
  tooLong(new Stack(app, 'other'));
  const refusal = refusalOf(app);
  expect(refusal).toMatch(
    /PolicyTooLarge: The policies of role \w+ in backup\w+\.nested\.template\.json have up to \d{5} /,
  );
  expect(refusal).not.toContain('AWS::IAM::ManagedPolicy Mine in ');
}, 120_000);
