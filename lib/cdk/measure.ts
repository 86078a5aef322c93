import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, finding } from '../lint/finding.ts';

/** aws: IAM quotas, inline policies of a role together, blanks not counted. */
const MOST_POLICY = 10_240;
/** aws: CloudFormation quotas. */
const MOST_RESOURCES = 500;
const MOST_BYTES = 1_000_000;
/** What only CloudFormation knows is reckoned at its longest: an ARN of a bucket, a topic, a key, a function. */
const LONGEST: Readonly<Record<string, number>> = {
  'AWS::Partition': 'aws-us-gov'.length,
  'AWS::Region': 'ap-southeast-1'.length,
  'AWS::AccountId': 12,
};
const UNKNOWN = 110;

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** The sizes of one template, and of its largest role. */
export interface Measured {
  readonly template: string;
  readonly bytes: number;
  readonly resources: number;
  readonly role: string;
  readonly policy: number;
}

/** Every template of an assembly, nested ones included, as `cdk synth` has written it. */
export function measure(assembly: string): Measured[] {
  const files = readdirSync(assembly).filter((file) => file.endsWith('.template.json'));
  return files.sort().map((template) => {
    const text = readFileSync(join(assembly, template), 'utf8');
    const { Resources } = JSON.parse(text) as { Resources: Readonly<Record<string, Resource>> };
    const [role, policy] = largestRole(Resources);
    return { template, bytes: Buffer.byteLength(text), resources: Object.keys(Resources).length, role, policy };
  });
}

/** What a deployment would fail of, in its middle. */
export function tooLarge(measured: readonly Measured[]): Finding[] {
  return measured.flatMap(({ template, bytes, resources, role, policy }) => [
    ...(policy > MOST_POLICY
      ? [
          finding(
            'PolicyTooLarge',
            `The policies of role ${role} in ${template} have up to ${policy} characters; IAM takes ${MOST_POLICY}. Its group has too many managers, or their secrets have long names: divide it (managers[].group), as docs/reference/configuration.md, "Groups", says.`,
          ),
        ]
      : []),
    ...(resources > MOST_RESOURCES
      ? [
          finding(
            'TooManyResources',
            `${template} has ${resources} resources; CloudFormation takes ${MOST_RESOURCES}. Give more managers a group (managers[].group), or make groups smaller.`,
          ),
        ]
      : []),
    ...(bytes > MOST_BYTES
      ? [
          finding(
            'TemplateTooLarge',
            `${template} has ${bytes} bytes; CloudFormation takes ${MOST_BYTES}. Give more managers a group (managers[].group), or make groups smaller.`,
          ),
        ]
      : []),
  ]);
}

function largestRole(resources: Readonly<Record<string, Resource>>): [string, number] {
  const sizes = new Map<string, number>();
  const add = (role: string, document: unknown) => sizes.set(role, (sizes.get(role) ?? 0) + renderedLength(document));
  for (const [id, { Type, Properties = {} }] of Object.entries(resources)) {
    const own = (Properties['Policies'] ?? []) as readonly { readonly PolicyDocument: unknown }[];
    if (Type === 'AWS::IAM::Role') for (const { PolicyDocument } of own) add(id, PolicyDocument);
    const roles = (Properties['Roles'] ?? []) as readonly { readonly Ref?: string }[];
    if (Type === 'AWS::IAM::Policy') for (const { Ref } of roles) if (Ref) add(Ref, Properties['PolicyDocument']);
  }
  return [...sizes].sort(([, a], [, b]) => b - a)[0] ?? ['', 0];
}

function renderedLength(document: unknown): number {
  return JSON.stringify(rendered(document)).length;
}

function rendered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rendered);
  if (typeof value !== 'object' || value === null) return value;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>;
  if (typeof Ref === 'string') return 'x'.repeat(LONGEST[Ref] ?? UNKNOWN);
  if (attribute !== undefined) return 'x'.repeat(UNKNOWN);
  if (Array.isArray(join)) return (join[1] as unknown[]).map(rendered).join(join[0] as string);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rendered(inner)]));
}
