/** A schedule as EventBridge Scheduler has it. */
export interface DeployedSchedule {
  readonly expression: string;
  readonly timeZone: string;
  readonly isEnabled: boolean;
}
