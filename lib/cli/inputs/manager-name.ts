import { ManagerId } from '../../base/ids.ts';
import { UsageError } from '../usage.ts';

/** A manager's name as an option gives it. Throws `UsageError`. */
export function managerName<N extends string | undefined>(name: N): N {
  if (name === undefined || ManagerId.safeParse(name).success) return name;
  throw new UsageError(`${name}: is not the name of a manager: 1-63 lower-case letters, digits or hyphens.`);
}
