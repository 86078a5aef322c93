import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { FLAGS } from '../lib/cdk/flags.ts';
import { OffsiteStack } from '../lib/cdk/offsite-stack.ts';
import { parseConfig } from '../lib/config/offsite-config.ts';

/** One statement of a policy in a template; what only CloudFormation knows is text: `<Bucket.Arn>/archives/*`. */
export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Who can be given rights: a role of the stack, or whoever gets one of its managed policies. */
export interface Principal {
  readonly kind: 'function' | 'machine' | 'policy' | 'other';
  /** Of the function, the state machine or the policy; of another role its logical id. */
  readonly name: string;
  /** `<id.Arn>` of a role; undefined for a managed policy. */
  readonly arn?: string;
  readonly statements: readonly Statement[];
}

export interface Rights {
  readonly principals: readonly Principal[];
  /** Policies of buckets, keys, topics and queues, by their logical ids. */
  readonly ofResources: Readonly<Record<string, readonly Statement[]>>;
  /** The logical id of the bucket of archives. */
  readonly bucket: string;
  /** ARN of the topic. */
  readonly topic: string;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
  readonly Metadata?: Record<string, unknown>;
}
interface Placed extends Resource {
  readonly id: string;
  readonly file: string;
}

/** What the policies of a stack say, nested stacks included, as CloudFormation would get them. */
export function synthesizedRights(config: object): Rights {
  const app = new App({ context: FLAGS, analyticsReporting: false });
  const stack = new OffsiteStack(app, 'offsite', { config: parseConfig(config) });
  const { directory } = app.synth();
  return rightsIn(directory, `${stack.stackName}.template.json`);
}

function rightsIn(directory: string, root: string): Rights {
  const files = readdirSync(directory).filter((file) => file.endsWith('.template.json'));
  const raw = files.flatMap((file) => {
    const { Resources } = JSON.parse(readFileSync(join(directory, file), 'utf8')) as {
      Resources: Record<string, Resource>;
    };
    return Object.entries(Resources).map(([id, resource]): Placed => ({ ...resource, id, file }));
  });
  const parametersOf = (file: string) =>
    raw.find(({ Type, Metadata }) => Type === 'AWS::CloudFormation::Stack' && Metadata?.['aws:asset:path'] === file)
      ?.Properties?.['Parameters'] as Record<string, unknown> | undefined;
  const resources = raw.map((one) => {
    const parameters = one.file === root ? {} : (parametersOf(one.file) ?? {});
    return { ...one, Properties: written(one.Properties ?? {}, parameters) as Record<string, unknown> };
  });
  const roles = resources.filter(({ Type }) => Type === 'AWS::IAM::Role').map((role) => principalOf(role, resources));
  const policies = resources
    .filter(({ Type }) => Type === 'AWS::IAM::ManagedPolicy')
    .map(({ Properties: p }): Principal => {
      const name = String(p['ManagedPolicyName'])
        .replace(/-<AWS::Region>$/, '')
        .replace(/^[^-]+-/, '');
      return { kind: 'policy', name, statements: statementsOf(p['PolicyDocument']) };
    });
  const documents = resources.flatMap(({ id, Type, Properties: p }) => {
    const document = p[Type === 'AWS::KMS::Key' ? 'KeyPolicy' : 'PolicyDocument'];
    return /::(BucketPolicy|Key|TopicPolicy|QueuePolicy)$/.test(Type) && document
      ? [[String(p['Bucket'] ?? id), statementsOf(document)] as const]
      : [];
  });
  const bucket = resources.find(({ id, Type }) => Type === 'AWS::S3::Bucket' && id.startsWith('ArchivesBucket'));
  const topic = resources.find(({ Type }) => Type === 'AWS::SNS::Topic');
  return {
    principals: [...roles, ...policies],
    ofResources: Object.fromEntries(documents),
    bucket: bucket?.id ?? '',
    topic: `<${topic?.id}>`,
  };
}

type Read = Placed & { readonly Properties: Record<string, unknown> };

function principalOf({ id, file, Properties }: Read, all: readonly Read[]): Principal {
  const beside = all.filter((one) => one.file === file);
  const user = beside.find(({ Properties: p }) => [p['Role'], p['RoleArn']].includes(`<${id}.Arn>`));
  const attached = beside.filter(
    ({ Type, Properties: { Roles } }) => Type === 'AWS::IAM::Policy' && (Roles as string[]).includes(`<${id}>`),
  );
  const inline = (Properties['Policies'] ?? []) as { PolicyDocument: unknown }[];
  const documents = [
    ...inline.map((one) => one.PolicyDocument),
    ...attached.map((one) => one.Properties['PolicyDocument']),
  ];
  const kinds = { 'AWS::Lambda::Function': 'function', 'AWS::StepFunctions::StateMachine': 'machine' } as const;
  const kind = kinds[user?.Type as keyof typeof kinds] ?? 'other';
  const name = String(user?.Properties[kind === 'function' ? 'FunctionName' : 'StateMachineName'] ?? id);
  return { kind, name, arn: `<${id}.Arn>`, statements: documents.flatMap(statementsOf) };
}

function written(value: unknown, parameters: Record<string, unknown>): unknown {
  const inner = (one: unknown) => written(one, parameters);
  if (Array.isArray(value)) return value.map(inner);
  if (typeof value !== 'object' || value === null) return value;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>;
  // A nested stack is handed what it needs of the root.
  if (typeof Ref === 'string') return Ref in parameters ? written(parameters[Ref], {}) : `<${Ref}>`;
  if (Array.isArray(attribute)) return `<${attribute.join('.')}>`;
  if (Array.isArray(join)) return (join[1] as unknown[]).map(inner).join(join[0] as string);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inner(one)]));
}

function statementsOf(document: unknown): Statement[] {
  const many = (value: unknown) => [value ?? []].flat() as string[];
  const { Statement: statements } = document as { Statement: Record<string, unknown>[] };
  return statements.map(
    ({ Action, Resource, ...rest }) =>
      ({ ...rest, Action: many(Action), Resource: many(Resource) }) as unknown as Statement,
  );
}

const covers = (pattern: string, text: string) =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(text);

const isAbout = ({ Action, Resource }: Statement, action: string, resource: string) =>
  Action.some((one) => covers(one, action)) && Resource.some((one) => covers(one, resource));

/**
 * Whether the policies let a principal do this, whatever the conditions of what allows it: with the best of luck for an
 * attacker. A denial counts if it has no condition, or one about who asks.
 */
export function may({ ofResources }: Rights, principal: Principal, action: string, resource: string): boolean {
  const { statements, arn } = principal;
  const allowed = statements.some((one) => one.Effect === 'Allow' && isAbout(one, action, resource));
  if (!allowed) return false;
  const denials = [...statements, ...Object.values(ofResources).flat()].filter(({ Effect }) => Effect === 'Deny');
  return !denials.some((one) => isAbout(one, action, resource) && isForAll(one, arn));
}

function isForAll({ Condition }: Statement, arn: string | undefined): boolean {
  if (Condition === undefined) return true;
  const writers = Condition['ArnNotLike']?.['aws:PrincipalArn'];
  return writers !== undefined && !(arn !== undefined && ([writers].flat() as string[]).includes(arn));
}
