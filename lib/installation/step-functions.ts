import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  GetExecutionHistoryCommand,
  type GetExecutionHistoryCommandOutput,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  type ListStateMachinesCommandOutput,
  ListTagsForResourceCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { defined } from '../base/defined.ts';
import { minutes, seconds } from '../base/durations.ts';
import { awsError } from './aws-errors.ts';

/** Every request ends. The SDK asks three times (AWS_MAX_ATTEMPTS), who follows an execution for much longer. */
export function sfnClient(region?: string): SFNClient {
  return new SFNClient({
    ...defined({ region }),
    requestHandler: { connectionTimeout: seconds(10), requestTimeout: minutes(1), throwOnRequestTimeout: true },
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

export type HistoryPage = Pick<GetExecutionHistoryCommandOutput, 'events' | 'nextToken'>;

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
    let nextToken: string | undefined;
    do {
      const command = new ListStateMachinesCommand({ maxResults: 1000, nextToken });
      const page: ListStateMachinesCommandOutput = await this.#attempt('states:ListStateMachines', (o) =>
        this.#client.send(command, o),
      );
      for (const { name, stateMachineArn } of page.stateMachines ?? [])
        if (name && stateMachineArn) yield { name, arn: stateMachineArn };
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
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
        const { executionArn = '', startDate } = await this.#client.send(command, o);
        return { arn: executionArn, startedAt: isoOf(startDate) };
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
        const { stateMachineArn = '', startDate, ...all } = await this.#client.send(command, o);
        const { status, input, output, error, cause } = all;
        return {
          ...{ status, input, output, error, cause },
          arn,
          machineArn: stateMachineArn,
          startedAt: isoOf(startDate),
        };
      },
      ['ExecutionDoesNotExist'],
    );
  }

  /** The newest executions of a machine, at most `most` (1,000 is a page). */
  async newest(machineArn: string, most: number): Promise<{ arn: string; name: string; startedAt: string }[]> {
    const command = new ListExecutionsCommand({ stateMachineArn: machineArn, maxResults: most });
    const { executions } = await this.#attempt('states:ListExecutions', (o) => this.#client.send(command, o));
    return (executions ?? []).map(({ executionArn = '', name = '', startDate }) => ({
      ...{ arn: executionArn, name },
      startedAt: isoOf(startDate),
    }));
  }

  /** One page of a history. Undefined when there is no such execution, or not any more. */
  async history(
    executionArn: string,
    { reverse, most, token }: { reverse: boolean; most: number; token?: string | undefined },
  ): Promise<HistoryPage | undefined> {
    const options = { executionArn, reverseOrder: reverse, maxResults: most, nextToken: token };
    const command = new GetExecutionHistoryCommand(options);
    return await this.#attempt<HistoryPage | undefined>(
      'states:GetExecutionHistory',
      (o) => this.#client.send(command, o),
      ['ExecutionDoesNotExist'],
    );
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

const isoOf = (date: Date | undefined) => (date ?? new Date(0)).toISOString();
