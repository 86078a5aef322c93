import { compactTime } from '../base/ids.ts';

/** aws: names of executions are of 80 characters at most. */
const MAX_NAME = 80;

/**
 * `prod-20261122T020000Z`: the same scheduled run of the same manager has the same name, so asking for it twice starts it once
 * (StartExecution is idempotent by name and input). A manager's name of 63 characters just fits; more parts cut it.
 */
export function executionName(manager: string, time: Date, ...more: readonly string[]): string {
  const rest = ['', compactTime(time), ...more].join('-');
  return `${manager.slice(0, MAX_NAME - rest.length)}${rest}`;
}

/** Whether an execution of this name may be of this manager: names that others gave tell nothing. */
export function isNamedAfter(name: string, manager: string): boolean {
  return name.startsWith(`${manager}-`) && /^\d{8}T\d{6}Z(-|$)/.test(name.slice(manager.length + 1));
}

/** `arn:aws:states:eu-central-1:123456789012:execution:offsite-export:prod-…` */
const EXECUTION_ARN = /^arn:[\w-]+:states:([\w-]+):\d*:execution:([^:]+):([^:]+)$/;

export interface ExecutionParts {
  readonly region: string;
  readonly machine: string;
  readonly name: string;
}

/** What an ARN says, or undefined if it is none. */
export function partsOfArn(arn: string): ExecutionParts | undefined {
  const [, region, machine, name] = EXECUTION_ARN.exec(arn) ?? [];
  return region && machine && name ? { region, machine, name } : undefined;
}

/** The ARN of the execution of this name, if the machine has one. */
export function executionArn(machineArn: string, name: string): string {
  return `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;
}

/** The machine of an execution, by its ARN: the inverse of `executionArn`. */
export function machineOfExecution(arn: string): { readonly name: string; readonly arn: string } {
  const machineArn = arn.slice(0, arn.lastIndexOf(':')).replace(':execution:', ':stateMachine:');
  return { name: machineArn.slice(machineArn.lastIndexOf(':') + 1), arn: machineArn };
}

/** Where the console shows it; undefined outside the one partition whose address we know. */
export function consoleUrl(arn: string): string | undefined {
  const region = arn.startsWith('arn:aws:') ? partsOfArn(arn)?.region : undefined;
  return (
    region && `https://${region}.console.aws.amazon.com/states/home?region=${region}#/v2/executions/details/${arn}`
  );
}
