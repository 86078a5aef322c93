import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  GetExecutionHistoryCommand,
  type GetExecutionHistoryCommandOutput,
  type HistoryEvent,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  ListTagsForResourceCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { defined } from '../base/defined.ts';
import { minutes, seconds } from '../base/durations.ts';
import { pagesOf } from '../base/pages.ts';
import { direct, type Network } from '../network/network.ts';
import { sdkAgents } from '../network/sdk-agents.ts';
import { awsError, brokenReply } from './aws-errors.ts';

/** Every request ends. The SDK asks three times (AWS_MAX_ATTEMPTS), who follows an execution for much longer. */
export function sfnClient(region?: string, network: Network = direct): SFNClient {
  return new SFNClient({
    ...defined({ region }),
    requestHandler: {
      ...sdkAgents(network),
      connectionTimeout: seconds(10),
      requestTimeout: minutes(1),
      throwOnRequestTimeout: true,
    },
  });
}

export interface StateMachine {
  readonly name: string;
  readonly arn: string;
}

export interface Started {
  readonly arn: string;
  /** When the execution began: earlier than now, when one of this name and input was under way already. */
  readonly startedAt: string;
}

export type Described = Pick<DescribeExecutionCommandOutput, 'status' | 'input' | 'output' | 'error' | 'cause'> & {
  readonly arn: string;
  readonly machineArn: string;
  readonly startedAt: string;
};

export interface HistoryPage {
  readonly events: readonly (HistoryEvent & { readonly id: number })[];
}

/** The calls of Step Functions that the command line makes. Each throws `AwsRefused`, `AwsUnavailable`, `Interrupted`. */
export class StepFunctions {
  readonly #client: SFNClient;
  readonly #signal: AbortSignal;

  constructor(client: SFNClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /** All state machines of the account in this region, 1,000 a request. */
  async *machines(): AsyncGenerator<StateMachine> {
    const action = 'states:ListStateMachines';
    const read = async (nextToken: string | undefined) => {
      const command = new ListStateMachinesCommand({ maxResults: 1000, nextToken });
      return await this.#attempt(action, (o) => this.#client.send(command, o));
    };
    for await (const { stateMachines = [] } of pagesOf(read, endOfPage, (what) => brokenReply(action, what))) {
      for (const { name, stateMachineArn } of stateMachines) {
        yield { name: promised(name, 'name', action), arn: promised(stateMachineArn, 'stateMachineArn', action) };
      }
    }
  }

  async tagsOf(resourceArn: string): Promise<Readonly<Record<string, string>>> {
    const command = new ListTagsForResourceCommand({ resourceArn });
    const { tags } = await this.#attempt('states:ListTagsForResource', (o) => this.#client.send(command, o));
    return Object.fromEntries((tags ?? []).map(({ key = '', value = '' }) => [key, value]));
  }

  /** Undefined: the name is taken by an execution that has ended, or that has another input (aws: StartExecution). */
  async start(machineArn: string, name: string, input: unknown): Promise<Started | undefined> {
    const command = new StartExecutionCommand({ stateMachineArn: machineArn, name, input: JSON.stringify(input) });
    return await this.#attempt<Started | undefined>(
      'states:StartExecution',
      async (o) => {
        const { executionArn, startDate } = await this.#client.send(command, o);
        const arn = promised(executionArn, 'executionArn', 'states:StartExecution');
        return { arn, startedAt: isoOf(startDate, 'states:StartExecution') };
      },
      ['ExecutionAlreadyExists'],
    );
  }

  /** Undefined when there is no such execution, or not any more. */
  async describe(arn: string): Promise<Described | undefined> {
    const command = new DescribeExecutionCommand({ executionArn: arn });
    return await this.#attempt<Described | undefined>(
      'states:DescribeExecution',
      async (o) => {
        const { stateMachineArn, startDate, status, input, output, error, cause } = await this.#client.send(command, o);
        return {
          status: promised(status, 'status', 'states:DescribeExecution'),
          input,
          output,
          error,
          cause,
          arn,
          machineArn: promised(stateMachineArn, 'stateMachineArn', 'states:DescribeExecution'),
          startedAt: isoOf(startDate, 'states:DescribeExecution'),
        };
      },
      ['ExecutionDoesNotExist'],
    );
  }

  /** The newest executions of a machine, at most `most` (1,000 is a page). */
  async newest(machineArn: string, most: number): Promise<{ arn: string; name: string; startedAt: string }[]> {
    const command = new ListExecutionsCommand({ stateMachineArn: machineArn, maxResults: most });
    const action = 'states:ListExecutions';
    const { executions } = await this.#attempt(action, (o) => this.#client.send(command, o));
    return (executions ?? []).map(({ executionArn, name, startDate }) => ({
      arn: promised(executionArn, 'executionArn', action),
      name: promised(name, 'name', action),
      startedAt: isoOf(startDate, action),
    }));
  }

  /**
   * A history page by page: at first `first` events, then 1,000, which is the most (aws: GetExecutionHistory). Undefined
   * when there is no such execution, or not any more.
   */
  history(
    executionArn: string,
    { reverse, first }: { reverse: boolean; first: number },
  ): AsyncGenerator<HistoryPage | undefined> {
    const action = 'states:GetExecutionHistory';
    const read = async (nextToken: string | undefined) => {
      const maxResults = nextToken === undefined ? first : 1000;
      const command = new GetExecutionHistoryCommand({ executionArn, reverseOrder: reverse, maxResults, nextToken });
      const send = (o: { abortSignal: AbortSignal }) => this.#client.send(command, o);
      const page = await this.#attempt<GetExecutionHistoryCommandOutput | undefined>(action, send, [
        'ExecutionDoesNotExist',
      ]);
      return (
        page && {
          ...page,
          events: (page.events ?? []).map((event) => ({
            ...event,
            id: promised(event.id, 'the id of an event', action),
          })),
        }
      );
    };
    return pagesOf(read, endOfPage, (what) => brokenReply(action, what));
  }

  /** `absent`: errors that say that there is nothing, and so give undefined. */
  async #attempt<T>(
    action: string,
    send: (options: { abortSignal: AbortSignal }) => Promise<T>,
    absent: readonly string[] = [],
  ): Promise<T> {
    try {
      return await send({ abortSignal: this.#signal });
    } catch (error) {
      if (absent.includes((error as Error).name)) return undefined as T;
      throw awsError(error, action, this.#signal);
    }
  }
}

const endOfPage = (page: { nextToken?: string | undefined } | undefined) => ({
  isTruncated: page?.nextToken !== undefined,
  next: page?.nextToken,
});

/** A field that AWS promises. Throws `AwsUnavailable` when the reply lacks it: a guess would be taken for a fact. */
function promised<T>(value: T | undefined, field: string, action: string): T {
  if (value !== undefined) return value;
  throw brokenReply(action, `lacks ${field}`);
}

const isoOf = (date: Date | undefined, action: string) => promised(date, 'startDate', action).toISOString();
