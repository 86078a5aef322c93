import { Annotations, Aspects, CfnDeletionPolicy, CfnResource, type IAspect } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { type Finding, finding } from '../lint/finding.ts';
import { lintPolicy } from '../lint/policy-lint.ts';

/** Shows what the policy lint finds: an error ends `cdk synth` and `cdk deploy`, a warning is told and nothing more. */
export function showFindings(at: IConstruct, config: OffsiteConfig): void {
  for (const found of lintPolicy(config)) show(at, found);
  Aspects.of(at).add(new NoAutoDelete());
}

function show(at: IConstruct, { name, severity, message }: Finding): void {
  if (severity === 'refuse') Annotations.of(at).addError(`${name}: ${message}`);
  else Annotations.of(at).addWarningV2(`offsite:${name}`, `${name}: ${message}`);
}

/** The second one goes with the very deployment that has made it, if that is rolled back, and never after. */
const KEPT = new Set<string>([CfnDeletionPolicy.RETAIN, CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE]);

/** Finds what somebody has added to the code: no destroy of the stack, and no mistake, may empty a bucket of ours. */
class NoAutoDelete implements IAspect {
  visit(node: IConstruct): void {
    const empties = CfnResource.isCfnResource(node) && node.cfnResourceType === 'Custom::S3AutoDeleteObjects';
    const goes = node instanceof s3.CfnBucket && !KEPT.has(node.cfnOptions.deletionPolicy ?? 'Delete');
    if (!empties && !goes) return;
    const locked = node instanceof s3.CfnBucket && node.objectLockEnabled;
    show(
      node,
      finding(
        'AutoDeleteOfArchives',
        `${node.node.path} goes with the stack${empties ? ', emptied first' : ''}. Archives must outlive it: RemovalPolicy.RETAIN, no autoDeleteObjects.${locked ? ' What Object Lock protects could not be deleted anyway, and the stack would be stuck.' : ''}`,
      ),
    );
  }
}
