import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { prefixOf } from '../storage/layout.ts';
import { isNot } from './bucket-policy.ts';

/**
 * The key that signs records (lib/signing/). Asymmetric: whoever has the public half verifies without asking KMS, also
 * when this account is lost. Outlives the stack, though what it has signed is verified without it.
 */
export class SigningKey extends Construct {
  readonly key: kms.IKey;

  constructor(scope: Construct, id: string, name: string) {
    super(scope, id);
    const key = new kms.Key(this, 'Key', {
      description: `Signs the records of ${name}: manifests, marks, keeps, acceptances and evidence.`,
      keySpec: kms.KeySpec.ECC_NIST_P256,
      keyUsage: kms.KeyUsage.SIGN_VERIFY,
      alias: `alias/${name}-signing`,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.key = key;
    new CfnOutput(scope, 'SigningKeyArn', {
      value: key.keyArn,
      description: 'Signs records; docs/signatures.md says how to write down its fingerprint',
    });
  }
}

/**
 * Public keys beside the archives are put there by the functions that sign and by nobody else, an administrator
 * included: otherwise whoever may write to the bucket could add a key, and sign with it.
 */
export function denyOtherKeys(bucket: s3.IBucket, signers: readonly iam.IRole[]): void {
  bucket.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'DenyOtherPublicKeys',
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions: ['s3:PutObject', 's3:DeleteObject', 's3:DeleteObjectVersion'],
      resources: [bucket.arnForObjects(`${prefixOf('keys')}*`)],
      conditions: isNot(signers),
    }),
  );
}
