import type { StepName } from '../../lib/base/step-names.ts';
import type { Deps } from '../../lib/deps.ts';
import { handlersOf, type StepHandler } from '../../lib/local/handlers.ts';
import { startMachine } from '../../lib/local/machine.ts';
import { begunAt } from '../../lib/local/run.ts';
import { allStates, type Definition, loadMachine } from '../../lib/workflow/definition.ts';
import { HistoryWriter, type WireEvent } from './sfn-history.ts';
import { type Hit, serve, type Web } from './web-server.ts';

/** What one execution is, as the API tells it. */
export interface WireExecution {
  readonly arn: string;
  readonly name: string;
  readonly machine: string;
  readonly input: string;
  readonly startDate: number;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  output?: string;
  error?: string;
  cause?: string;
  readonly events: WireEvent[];
}

interface Options {
  readonly deps: () => Deps & { close(): Promise<void> };
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Called before each call of a step: the place to hold an execution, or to break something. */
  readonly before?: (step: StepName, execution: WireExecution) => unknown;
  readonly tags?: Readonly<Record<string, string>>;
  /** Other state machines of the account, so that lists have several pages. */
  readonly others?: readonly string[];
}

const ACCOUNT = 'us-east-1:123456789012';
const machineArn = (name: string) => `arn:aws:states:${ACCOUNT}:stateMachine:${name}`;
const MACHINES = {
  'offsite-export': 'export',
  'offsite-restore': 'restore',
  'offsite-verify': 'verify',
  'offsite-approve': 'approve',
  'offsite-decide': 'decide',
  'offsite-diagnose': 'diagnose',
  'offsite-report': 'report',
} as const;
/** However much is asked for: lists have pages in tests as well. */
const PAGE = 50;

type Answer = Record<string, unknown>;
type Body = Record<string, unknown>;

class ApiError extends Error {
  readonly status: number;
  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

/** The six calls of Step Functions that the command line makes, over HTTP; executions run the real machines. */
export class StepFunctionsDouble {
  readonly executions: WireExecution[] = [];
  /** Names of the calls, in order. */
  readonly calls: string[] = [];
  readonly bodies: Body[] = [];
  /** Regions that requests were signed for, in order. */
  readonly regions: string[] = [];
  #faults: { readonly action: string; readonly error: ApiError; times: number }[] = [];
  readonly #options: Options;
  readonly #running = new Set<Promise<void>>();
  #web: Web | undefined;

  private constructor(options: Options) {
    this.#options = options;
  }

  static async start(options: Options): Promise<StepFunctionsDouble> {
    const double = new StepFunctionsDouble(options);
    double.#web = await serve(async (hit, reply) => {
      const { status, body } = await double.#answer(hit);
      reply.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
    });
    return double;
  }

  get url(): string {
    return this.#web?.url ?? '';
  }

  /** The next `times` calls of an action are answered with this error. */
  fail(action: string, name: string, { message = 'as the test says', status = 400, times = 1_000 } = {}): void {
    this.#faults.push({ action, error: new ApiError(name, message, status), times });
  }

  mend(): void {
    this.#faults = [];
  }

  /** An execution of the past, as it is told of. */
  put(machine: keyof typeof MACHINES | string, name: string, past: Partial<WireExecution> = {}): WireExecution {
    const arn = `${machineArn(machine).replace(':stateMachine:', ':execution:')}:${name}`;
    const execution: WireExecution = {
      ...{ arn, name, machine, input: '{}', startDate: Date.now() / 1000, status: 'RUNNING', events: [] },
      ...past,
    };
    this.executions.push(execution);
    return execution;
  }

  /** Starts one as the console does. Gives its ARN. */
  async begin(machine: keyof typeof MACHINES, name: string, input: unknown): Promise<string> {
    const given = { stateMachineArn: machineArn(machine), name, input: JSON.stringify(input) };
    return String((await this.#start(given))['executionArn']);
  }

  /** When no execution is under way any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async close(): Promise<void> {
    await this.idle();
    await this.#web?.close();
  }

  async #answer({ headers, body }: Hit): Promise<{ status: number; body: unknown }> {
    const action = String(headers['x-amz-target']).replace('AWSStepFunctions.', '');
    this.calls.push(action);
    this.regions.push(/Credential=[^/]+\/\d+\/([\w-]+)\//.exec(String(headers.authorization))?.[1] ?? '');
    const given = JSON.parse(body.toString()) as Body;
    this.bodies.push(given);
    try {
      const fault = this.#faults.find((one) => one.action === action && one.times > 0);
      if (fault) {
        fault.times -= 1;
        throw fault.error;
      }
      return { status: 200, body: await this.#call(action, given) };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { status: error.status, body: { __type: `com.amazonaws.states#${error.name}`, message: error.message } };
    }
  }

  async #call(action: string, given: Body): Promise<Answer> {
    if (action === 'ListStateMachines') return this.#list(given);
    if (action === 'ListTagsForResource') return this.#tags();
    if (action === 'StartExecution') return await this.#start(given);
    if (action === 'DescribeExecution') return this.#describe(given);
    if (action === 'ListExecutions') return this.#newest(given);
    if (action === 'GetExecutionHistory') return this.#history(given);
    throw new ApiError('UnknownOperationException', action);
  }

  #list({ nextToken }: Body): Answer {
    const names = [...(this.#options.others ?? []), ...Object.keys(MACHINES)].sort();
    const { items, token } = page(names, nextToken, PAGE);
    return {
      stateMachines: items.map((name) => ({
        name,
        stateMachineArn: machineArn(name),
        type: 'STANDARD',
        creationDate: 0,
      })),
      nextToken: token,
    };
  }

  #tags(): Answer {
    const tags = this.#options.tags ?? { 'offsite:bucket': 'offsite', 'offsite:installation': 'offsite' };
    return { tags: Object.entries(tags).map(([key, value]) => ({ key, value })) };
  }

  async #start(given: Body): Promise<Answer> {
    const { stateMachineArn, name, input } = given as Record<string, string>;
    const machine = String(stateMachineArn).split(':').at(-1) as keyof typeof MACHINES;
    if (!/^[\w-]{1,80}$/.test(name ?? '')) throw new ApiError('InvalidName', `Invalid name: '${name}'`);
    const same = this.executions.find((one) => one.machine === machine && one.name === name);
    if (same && (same.status !== 'RUNNING' || same.input !== input)) {
      throw new ApiError('ExecutionAlreadyExists', `Execution Already Exists: '${same.arn}'`);
    }
    if (same) return { executionArn: same.arn, startDate: same.startDate };
    const definition = loadMachine(MACHINES[machine]);
    const writer = new HistoryWriter(definition, JSON.parse(input ?? '{}'));
    const execution = this.put(machine, name ?? '', { input: input ?? '{}', events: writer.events });
    const running = this.#run(execution, definition, writer).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return { executionArn: execution.arn, startDate: execution.startDate };
  }

  async #run(execution: WireExecution, definition: Definition, writer: HistoryWriter): Promise<void> {
    const deps = this.#options.deps();
    const steps = begunAt(deps.clock.now().toISOString(), handlersOf(deps)) as Record<StepName, StepHandler>;
    const watched = Object.entries(steps).map(([step, handler]) => {
      const held = async (event: unknown) => {
        await this.#options.before?.(step as StepName, execution);
        return await handler(event);
      };
      return [step, held] as const;
    });
    const { result } = startMachine(definition, {
      executionId: execution.arn,
      input: JSON.parse(execution.input),
      handlers: byState(definition, Object.fromEntries(watched) as Record<StepName, StepHandler>, writer),
      sleep: this.#options.sleep,
      onEvent: (event) => writer.onEvent(event),
    });
    const outcome = await result;
    await deps.close();
    if (execution.status !== 'RUNNING') return;
    if (outcome.status === 'SUCCEEDED') {
      execution.output = JSON.stringify(outcome.output);
      writer.add('ExecutionSucceeded', { executionSucceededEventDetails: { output: execution.output } });
    } else {
      const { error, cause } = outcome;
      Object.assign(execution, { error, cause });
      writer.add('ExecutionFailed', { executionFailedEventDetails: { error, cause } });
    }
    execution.status = outcome.status;
  }

  #find(arn: unknown): WireExecution {
    const found = this.executions.find((one) => one.arn === arn);
    if (found) return found;
    throw new ApiError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  }

  #describe({ executionArn }: Body): Answer {
    const { arn, name, machine, status, input, output, error, cause, startDate } = this.#find(executionArn);
    return {
      ...{
        executionArn: arn,
        stateMachineArn: machineArn(machine),
        name,
        status,
        input,
        output,
        error,
        cause,
        startDate,
      },
    };
  }

  #newest({ stateMachineArn, maxResults }: Body): Answer {
    const mine = this.executions.filter(({ machine }) => machineArn(machine) === stateMachineArn);
    const newest = mine.sort((a, b) => b.startDate - a.startDate).slice(0, Number(maxResults ?? 100));
    const shown = ({ arn, name, status, startDate }: WireExecution) => ({ executionArn: arn, name, status, startDate });
    return { executions: newest.map((one) => ({ ...shown(one), stateMachineArn })) };
  }

  #history({ executionArn, reverseOrder, maxResults, nextToken }: Body): Answer {
    const all = [...this.#find(executionArn).events];
    if (reverseOrder) all.reverse();
    const { items, token } = page(all, nextToken, Number(maxResults ?? 100));
    return { events: items, nextToken: token };
  }
}

function page<T>(all: readonly T[], nextToken: unknown, size: number): { items: T[]; token: string | undefined } {
  const from = Number(nextToken ?? 0);
  const token = from + size < all.length ? String(from + size) : undefined;
  return { items: all.slice(from, from + size), token };
}

/** Two states may call the same step; the history names the state. A step's events stand under the last one that entered. */
function byState(
  definition: Definition,
  handlers: Record<StepName, StepHandler>,
  writer: HistoryWriter,
): Record<StepName, StepHandler> {
  const states = [...allStates(definition.States)];
  const wrapped = Object.entries(handlers).map(([step, handler]) => {
    const names = states.filter(([, state]) => state.Resource === `\${${step}}`).map(([name]) => name);
    return [step, writer.watched(names, handler)];
  });
  return Object.fromEntries(wrapped) as Record<StepName, StepHandler>;
}
