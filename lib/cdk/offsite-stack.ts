import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CloudifyOffsite, type CloudifyOffsiteProps } from './cloudify-offsite.ts';

export interface OffsiteStackProps extends StackProps {
  readonly config: CloudifyOffsiteProps;
}

/** A stack that holds one installation and nothing else. */
export class OffsiteStack extends Stack {
  constructor(scope: Construct, id: string, { config, ...props }: OffsiteStackProps) {
    super(scope, id, { description: 'cloudify-offsite: verified off-site snapshots of Cloudify Managers', ...props });
    new CloudifyOffsite(this, 'Default', config);
  }
}
