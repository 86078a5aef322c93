import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

/**
 * The key that signs records (lib/signing/). Asymmetric: whoever has the public half verifies without asking KMS, also
 * when this account is lost. Outlives the stack, though what it has signed is verified without it.
 */
export class SigningKey extends Construct {
  readonly key: kms.IKey;

  constructor(scope: Construct, id: string, name: string) {
    super(scope, id);
    const key = new kms.Key(this, 'Key', {
      description: `Signs the records of ${name}: manifests, verification records, protections, acceptances, restore reports and approvals.`,
      keySpec: kms.KeySpec.ECC_NIST_P256,
      keyUsage: kms.KeyUsage.SIGN_VERIFY,
      alias: `alias/${name}-signing`,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.key = key;
    new CfnOutput(scope, 'SigningKeyArn', {
      value: key.keyArn,
      description: 'Signs records; docs/explanation/signatures.md says how to write down its fingerprint',
    });
  }
}
