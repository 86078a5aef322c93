import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  paginateListStackResources,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';
import type { Account } from './account.ts';
import { until } from './waiting.ts';

interface Made {
  readonly template: { readonly TemplateBody: string } | { readonly TemplateURL: string };
  readonly parameters?: Readonly<Record<string, string>>;
}

/** CloudFormation is the ledger of a run: what is not in one of its stacks is not made. */
export class Stacks {
  readonly #cloudformation: CloudFormationClient;
  readonly #lookMs: number;

  constructor({ client, lookMs }: Account) {
    this.#cloudformation = new CloudFormationClient(client);
    this.#lookMs = lookMs;
  }

  /** Gives the outputs. */
  async create(StackName: string, { template, parameters = {} }: Made, signal: AbortSignal) {
    await this.#cloudformation.send(
      new CreateStackCommand({
        StackName,
        ...template,
        Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
          ParameterKey,
          ParameterValue,
        })),
        Capabilities: ['CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND'],
        Tags: [{ Key: 'cloudify-offsite-verify', Value: StackName }],
        OnFailure: 'DO_NOTHING',
      }),
    );
    const made = await until(`stack ${StackName} is there`, 30 * 60_000, this.#lookMs, signal, async () => {
      const stack = await this.find(StackName);
      return stack?.StackStatus === 'CREATE_IN_PROGRESS' ? undefined : stack;
    });
    if (made.StackStatus !== 'CREATE_COMPLETE')
      throw new Error(`Stack ${StackName} is ${made.StackStatus}: ${await this.#reason(StackName)}`);
    return Object.fromEntries((made.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue ?? '']));
  }

  async find(StackName: string) {
    const asked = this.#cloudformation.send(new DescribeStacksCommand({ StackName }));
    const { Stacks: found } = await asked.catch((error: Error) => {
      if (error.message.includes('does not exist')) return { Stacks: [] };
      throw error;
    });
    return found?.find(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
  }

  async resources(StackName: string): Promise<StackResourceSummary[]> {
    const found: StackResourceSummary[] = [];
    const client = this.#cloudformation;
    for await (const page of paginateListStackResources({ client }, { StackName }))
      found.push(...(page.StackResourceSummaries ?? []));
    return found.filter(({ ResourceStatus }) => ResourceStatus !== 'DELETE_COMPLETE');
  }

  /** Whether it is gone. */
  async remove(StackName: string): Promise<boolean> {
    await this.#cloudformation.send(new DeleteStackCommand({ StackName }));
    // Interfaces of functions in a VPC go up to 40 minutes after their functions.
    const never = new AbortController().signal;
    return await until(`stack ${StackName} is gone`, 60 * 60_000, this.#lookMs, never, async () => {
      const stack = await this.find(StackName);
      if (stack === undefined) return true;
      return stack.StackStatus === 'DELETE_IN_PROGRESS' ? undefined : false;
    });
  }

  async #reason(StackName: string): Promise<string> {
    const { StackEvents } = await this.#cloudformation.send(new DescribeStackEventsCommand({ StackName }));
    const failed = (StackEvents ?? []).filter(({ ResourceStatus }) => ResourceStatus === 'CREATE_FAILED').at(-1);
    return `${failed?.LogicalResourceId}: ${failed?.ResourceStatusReason}`;
  }
}
