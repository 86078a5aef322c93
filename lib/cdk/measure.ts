import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, type FindingName, finding } from '../lint/finding.ts';
import { renderedLength } from './rendered-length.ts';
import { SERVICE_LIMITS } from './service-limits.ts';

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: object;
  readonly Parameters?: object;
}

/** One size of what `cdk synth` has written, and the most that AWS takes. */
export interface Measured {
  readonly template: string;
  /** Reads on: `The policies of role X in T`, or the template itself. */
  readonly what: string;
  readonly finding: FindingName;
  readonly size: number;
  readonly unit: string;
  readonly whose: string;
  readonly most: number;
  readonly instead: string;
}

const GROUPS = 'Give more managers a group (managers[].group), or make groups smaller.';
/** aws: CloudFormation quotas. */
const OF_TEMPLATES = { whose: 'CloudFormation', instead: GROUPS };

/** Every template of an assembly, nested ones included, as `cdk synth` has written it; or those that are named. */
export function measure(assembly: string, files: readonly string[] = readdirSync(assembly)): Measured[] {
  const templates = files.filter((file) => file.endsWith('.template.json'));
  return templates.sort().flatMap((template) => {
    const text = readFileSync(join(assembly, template), 'utf8');
    const parsed = JSON.parse(text) as Template;
    return [
      ...templateSizes(template, text, parsed),
      ...roleSizes(template, parsed),
      ...serviceSizes(template, parsed),
    ];
  });
}

/** What a deployment would fail of, in its middle. */
export function tooLarge(measured: readonly Measured[]): Finding[] {
  return measured.flatMap(({ what, size, unit, whose, most, instead, finding: name }) =>
    size > most ? [finding(name, `${what} ${size} ${unit}; ${whose} takes ${most}. ${instead}`)] : [],
  );
}

function templateSizes(template: string, text: string, { Resources, Outputs = {}, Parameters = {} }: Template) {
  const many = (of: object) => Object.keys(of).length;
  const about = { template, what: `${template} has`, ...OF_TEMPLATES };
  return [
    { ...about, finding: 'TooManyResources', size: many(Resources), unit: 'resources', most: 500 },
    { ...about, finding: 'TooManyResources', size: many(Outputs), unit: 'outputs', most: 200 },
    { ...about, finding: 'TooManyResources', size: many(Parameters), unit: 'parameters', most: 200 },
    { ...about, finding: 'TemplateTooLarge', size: Buffer.byteLength(text), unit: 'bytes', most: 1_000_000 },
  ] satisfies Measured[];
}

/** aws: IAM quotas, inline policies of a role together, blanks not counted. Of the largest: the others are alike. */
function roleSizes(template: string, { Resources }: Template): Measured[] {
  const [largest] = [...policiesOfRoles(Resources)].sort(([, a], [, b]) => b - a);
  return (largest ? [largest] : []).map(([role, size]) => ({
    ...{ template, size, most: 10_240, finding: 'PolicyTooLarge', unit: 'characters', whose: 'IAM' },
    what: `The policies of role ${role} in ${template} have up to`,
    instead:
      'Its group has too many managers, or their secrets have long names: divide it (managers[].group), as docs/reference/configuration.md, "Groups", says.',
  }));
}

function serviceSizes(template: string, { Resources }: Template): Measured[] {
  return Object.entries(Resources).flatMap(([id, { Type, Properties = {} }]) =>
    SERVICE_LIMITS.filter(({ type }) => type === Type).map(({ sizeOf, type, ...limit }) => {
      return {
        ...limit,
        template,
        what: `${type} ${id} in ${template} has up to`,
        size: sizeOf(Properties, (one) => Resources[one]?.Type),
      };
    }),
  );
}

function policiesOfRoles(resources: Template['Resources']): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  const typeOf = (id: string) => resources[id]?.Type;
  const add = (role: string, document: unknown) =>
    sizes.set(role, (sizes.get(role) ?? 0) + renderedLength(document, typeOf));
  for (const [id, { Type, Properties = {} }] of Object.entries(resources)) {
    const own = (Properties['Policies'] ?? []) as readonly { readonly PolicyDocument: unknown }[];
    if (Type === 'AWS::IAM::Role') for (const { PolicyDocument } of own) add(id, PolicyDocument);
    const roles = (Properties['Roles'] ?? []) as readonly { readonly Ref?: string }[];
    if (Type === 'AWS::IAM::Policy') for (const { Ref } of roles) if (Ref) add(Ref, Properties['PolicyDocument']);
  }
  return sizes;
}
