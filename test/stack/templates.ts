import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { plain, type Resource, type Statement, type Synthesized, statementsOf } from './synth.ts';

export interface Placed extends Resource {
  readonly id: string;
  /** `root`, or the file of a nested template. */
  readonly template: string;
}

export interface Templates {
  readonly resources: readonly Placed[];
}

/** Every resource of a stack and of its nested ones; what only CloudFormation knows is written as `plain` writes it. */
export function templatesOf({ app, stack }: Synthesized): Templates {
  const { directory } = app.synth();
  const files = readdirSync(directory).filter((file) => file.endsWith('.template.json'));
  const resources = files.flatMap((file) => {
    const { Resources } = JSON.parse(readFileSync(join(directory, file), 'utf8')) as {
      Resources: Record<string, Resource>;
    };
    const template = file === `${stack.stackName}.template.json` ? 'root' : file;
    return Object.entries(Resources).map(([id, resource]) => {
      const written = plain(resource.Properties ?? {});
      return { ...resource, Properties: JSON.parse(written) as Resource['Properties'], id, template };
    });
  });
  return { resources };
}

export interface Role {
  readonly id: string;
  /** The name of the function or state machine whose role it is, or the logical id. */
  readonly of: string;
  readonly kind: 'function' | 'machine' | 'other';
  readonly allowed: readonly Statement[];
  /** Names of the functions that it may invoke. */
  readonly invokes: readonly string[];
}

/** Every role, with whose it is, and all that its policies allow. */
export function rolesIn({ resources }: Templates): Role[] {
  return resources
    .filter(({ Type }) => Type === 'AWS::IAM::Role')
    .map(({ id, template, Properties }) => {
      const beside = resources.filter((one) => one.template === template);
      const user = beside.find((one) => [one.Properties['Role'], one.Properties['RoleArn']].includes(`<${id}.Arn>`));
      const attached = beside.filter(
        ({ Type, Properties: { Roles } }) => Type === 'AWS::IAM::Policy' && (Roles as string[]).includes(`<${id}>`),
      );
      const documents = [
        ...((Properties['Policies'] ?? []) as { PolicyDocument: unknown }[]).map(
          ({ PolicyDocument }) => PolicyDocument,
        ),
        ...attached.map((one) => one.Properties['PolicyDocument']),
      ];
      const allowed = documents.flatMap(statementsOf).filter(({ Effect }) => Effect === 'Allow');
      const isFunction = user?.Type === 'AWS::Lambda::Function';
      const name = user?.Properties[isFunction ? 'FunctionName' : 'StateMachineName'];
      return {
        id,
        of: String(name ?? id),
        kind: name === undefined ? ('other' as const) : isFunction ? ('function' as const) : ('machine' as const),
        allowed,
        invokes: allowed
          .filter(({ Action }) => Action.includes('lambda:InvokeFunction'))
          .flatMap(({ Resource }) => Resource)
          .map((arn) => functionAt(arn, template, resources)),
      };
    });
}

/** `<FunctionsFindManager….Arn>`, or the parameter that a nested template gets one of the root by: another hash at the end. */
function functionAt(arn: string, template: string, resources: readonly Placed[]): string {
  const functions = resources.filter(({ Type }) => Type === 'AWS::Lambda::Function');
  const here = functions.find((one) => one.template === template && arn === `<${one.id}.Arn>`);
  const found = here ?? functions.find((one) => one.template === 'root' && arn.includes(one.id.slice(0, -8)));
  return String(found?.Properties['FunctionName'] ?? arn);
}

/** Names of the secrets that a role may read, without the six characters that AWS adds. */
export function secretsReadBy(role: Role | undefined): string[] {
  const reads = (role?.allowed ?? []).filter(({ Action }) => Action.includes('secretsmanager:GetSecretValue'));
  return reads.flatMap(({ Resource }) => Resource).map((arn) => arn.replace(/^.*:secret:/, '').replace(/-\?{6}$/, ''));
}
