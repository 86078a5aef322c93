import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CloudifyOffsite, type CloudifyOffsiteProps } from './cloudify-offsite.ts';

export interface OffsiteStackProps extends StackProps {
  readonly config: CloudifyOffsiteProps;
}

const ABOUT = {
  description: 'cloudify-offsite: verified off-site snapshots of Cloudify Managers',
  // Whoever deletes it ends all backups: that takes a second command (docs/how-to/uninstall.md).
  terminationProtection: true,
};

/** A stack that holds one installation and nothing else. */
export class OffsiteStack extends Stack {
  constructor(scope: Construct, id: string, { config, ...props }: OffsiteStackProps) {
    super(scope, id, { ...ABOUT, ...props });
    new CloudifyOffsite(this, 'Default', config);
  }
}
