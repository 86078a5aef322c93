import type { FindingName } from '../lint/finding.ts';
import { renderedLength, type TypeOf } from './rendered-length.ts';

type Properties = Readonly<Record<string, unknown>>;

/** What a service takes of one resource. CloudFormation learns it in the middle of a deployment, and takes that back. */
export interface ServiceLimit {
  readonly type: string;
  readonly finding: FindingName;
  /** Reads on after the name of the resource: `has up to 7000 characters; …`. */
  readonly unit: string;
  readonly whose: string;
  readonly most: number;
  readonly sizeOf: (properties: Properties, typeOf: TypeOf) => number;
  readonly instead: string;
}

const policyIn = (property: string) => (properties: Properties, typeOf: TypeOf) =>
  renderedLength(properties[property], typeOf);
const FEWER = 'Its statements are too many: remove the ones that your own code or aspects have added.';
const SMALLER =
  'Put fewer managers into this stack, and the others into one with another name (docs/how-to/add-a-manager.md, "Several stacks").';

export const SERVICE_LIMITS: readonly ServiceLimit[] = [
  // aws: IAM quotas. Blanks are not counted, and a rendered policy has none.
  {
    ...{ type: 'AWS::IAM::ManagedPolicy', finding: 'PolicyTooLarge', unit: 'characters', whose: 'IAM', most: 6144 },
    sizeOf: policyIn('PolicyDocument'),
    instead: 'Give the stack a shorter name: it is in every ARN of the policy.',
  },
  // aws: KMS quotas, key policy document size.
  {
    ...{ type: 'AWS::KMS::Key', finding: 'PolicyTooLarge', unit: 'characters', whose: 'KMS', most: 32_768 },
    ...{ sizeOf: policyIn('KeyPolicy'), instead: FEWER },
  },
  // aws: S3 guide, "Bucket policies are limited to 20 KB in size".
  {
    ...{ type: 'AWS::S3::BucketPolicy', finding: 'PolicyTooLarge', unit: 'characters', whose: 'S3', most: 20_480 },
    ...{ sizeOf: policyIn('PolicyDocument'), instead: FEWER },
  },
  // aws: Secrets Manager quotas, length of a resource-based policy.
  {
    ...{ type: 'AWS::SecretsManager::ResourcePolicy', finding: 'PolicyTooLarge', unit: 'characters' },
    ...{ whose: 'Secrets Manager', most: 20_480, sizeOf: policyIn('ResourcePolicy'), instead: FEWER },
  },
  // aws: SNS quotas, maximum policy size.
  {
    ...{ type: 'AWS::SNS::TopicPolicy', finding: 'PolicyTooLarge', unit: 'characters', whose: 'SNS', most: 30_720 },
    ...{ sizeOf: policyIn('PolicyDocument'), instead: FEWER },
  },
  // aws: EventBridge quotas, event pattern size.
  {
    ...{ type: 'AWS::Events::Rule', finding: 'PatternTooLarge', unit: 'characters', whose: 'EventBridge', most: 2048 },
    sizeOf: policyIn('EventPattern'),
    instead: 'Give the stack a shorter name: it is in every ARN of the pattern.',
  },
  // aws: Step Functions quotas, maximum request size.
  {
    ...{ type: 'AWS::StepFunctions::StateMachine', finding: 'DefinitionTooLarge', unit: 'characters' },
    ...{ whose: 'Step Functions', most: 1_048_576, sizeOf: policyIn('DefinitionString') },
    instead: 'Divide the state machine into two.',
  },
  ...dashboardLimits(),
];

interface Widget {
  readonly properties?: { readonly metrics?: readonly unknown[]; readonly alarms?: readonly unknown[] };
}

/** aws: CloudWatch quotas, dashboards; "Properties of an Alarm Status Widget Object". None is documented for the whole text. */
function dashboardLimits(): ServiceLimit[] {
  const about = { type: 'AWS::CloudWatch::Dashboard', finding: 'DashboardTooLarge', whose: 'CloudWatch' } as const;
  const metricsOf = ({ properties }: Widget) => properties?.metrics?.length ?? 0;
  const alarmsOf = ({ properties }: Widget) => properties?.alarms?.length ?? 0;
  const most = (of: (widget: Widget) => number) => (properties: Properties) =>
    Math.max(0, ...widgetsOf(properties).map(of));
  const sum = (of: (widget: Widget) => number) => (properties: Properties) =>
    widgetsOf(properties).reduce((total, widget) => total + of(widget), 0);
  return [
    { ...about, unit: 'widgets', most: 500, sizeOf: sum(() => 1), instead: SMALLER },
    { ...about, unit: 'metrics in one widget', most: 500, sizeOf: most(metricsOf), instead: SMALLER },
    { ...about, unit: 'metrics', most: 2500, sizeOf: sum(metricsOf), instead: SMALLER },
    { ...about, unit: 'alarms in one widget', most: 100, sizeOf: most(alarmsOf), instead: SMALLER },
  ];
}

/** What only CloudFormation knows of a body is text inside of texts, so that it stays JSON with a word in its place. */
function widgetsOf({ DashboardBody }: Properties): readonly Widget[] {
  const join = (DashboardBody as { 'Fn::Join'?: [string, unknown[]] } | undefined)?.['Fn::Join'];
  const text = join ? join[1].map((part) => (typeof part === 'string' ? part : 'x')).join(join[0]) : DashboardBody;
  return typeof text === 'string' ? (JSON.parse(text) as { widgets: Widget[] }).widgets : [];
}
