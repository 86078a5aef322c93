import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import type { DeployedSchedule } from '../base/deployed-schedule.ts';
import { minutes, seconds } from '../base/durations.ts';
import { awsError } from './aws-errors.ts';

/** The one call of EventBridge Scheduler that the command line makes. Throws `AwsRefused`, `AwsUnavailable`, `Interrupted`. */
export class Scheduler {
  readonly #client: SchedulerClient;
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#client = new SchedulerClient({
      requestHandler: { connectionTimeout: seconds(10), requestTimeout: minutes(1), throwOnRequestTimeout: true },
    });
    this.#signal = signal;
  }

  /** Undefined: there is none of this name. */
  async find(group: string, name: string): Promise<DeployedSchedule | undefined> {
    const command = new GetScheduleCommand({ GroupName: group, Name: name });
    try {
      const found = await this.#client.send(command, { abortSignal: this.#signal });
      return {
        expression: found.ScheduleExpression ?? '',
        timeZone: found.ScheduleExpressionTimezone ?? 'UTC',
        isEnabled: found.State !== 'DISABLED',
      };
    } catch (error) {
      if ((error as Error).name === 'ResourceNotFoundException') return undefined;
      throw awsError(error, 'scheduler:GetSchedule', this.#signal);
    }
  }

  close(): void {
    this.#client.destroy();
  }
}
