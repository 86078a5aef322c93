/** What only CloudFormation knows is reckoned at its longest. */
const LONGEST: Readonly<Record<string, number>> = {
  'AWS::Partition': 'aws-us-gov'.length,
  'AWS::Region': 'ap-southeast-1'.length,
  'AWS::AccountId': 12,
};
/** An ARN of a topic, a key, a function. */
const UNKNOWN = 110;
/** aws: S3, names of buckets. Policies name one for each of a dozen folders, so that 27 characters more count. */
const BUCKET_ARN = 'arn:aws-us-gov:s3:::'.length + 63;

/** The types of the resources of a template, by their ids. */
export type TypeOf = (id: string) => string | undefined;

/** Of a part of a template as its service will see it: a text, or JSON without blanks. */
export function renderedLength(value: unknown, typeOf: TypeOf): number {
  const text = rendered(value, typeOf) ?? '';
  return typeof text === 'string' ? text.length : JSON.stringify(text).length;
}

function rendered(value: unknown, typeOf: TypeOf): unknown {
  if (Array.isArray(value)) return value.map((one) => rendered(one, typeOf));
  if (typeof value !== 'object' || value === null) return value;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>;
  if (typeof Ref === 'string') return 'x'.repeat(LONGEST[Ref] ?? UNKNOWN);
  if (Array.isArray(attribute)) return 'x'.repeat(typeOf(attribute[0]) === 'AWS::S3::Bucket' ? BUCKET_ARN : UNKNOWN);
  if (Array.isArray(join)) return (join[1] as unknown[]).map((one) => rendered(one, typeOf)).join(join[0] as string);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rendered(inner, typeOf)]));
}
