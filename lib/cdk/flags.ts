/** How CDK behaves where it has changed its mind since; the new way each time. */
export const FLAGS = {
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
  '@aws-cdk/core:enablePartitionLiterals': true,
  '@aws-cdk/core:checkSecretUsage': true,
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/core:validateAgainstDefaultRules': true,
  // Blanks count in the megabyte that CloudFormation takes: a third of the template.
  '@aws-cdk/core:suppressTemplateIndentation': true,
} as const;
