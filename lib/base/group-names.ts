/**
 * `offsite_east`: what the names of a group's state machines and functions begin with. An installation is never called so,
 * as its name has no underscore.
 */
export function groupedName(installation: string, group: string | undefined): string {
  return group === undefined ? installation : `${installation}_${group}`;
}

/** A value has 256 characters (aws: tagging), and letters, digits, hyphens and blanks are allowed in it. */
const MOST_IN_TAG = 256;
const TAG = 'offsite:managers';

/** The managers of a group, as tags of its state machines: so that a command line finds the machine of a manager. */
export function managerTags(managers: readonly string[]): Record<string, string> {
  const lines: string[] = [];
  for (const manager of managers) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + manager.length <= MOST_IN_TAG)
      lines[lines.length - 1] = `${line} ${manager}`;
    else lines.push(manager);
  }
  return Object.fromEntries(lines.map((line, at) => [`${TAG}-${at + 1}`, line]));
}

/** The inverse of `managerTags`, among other tags. */
export function managersInTags(tags: Readonly<Record<string, string>>): string[] {
  const lines = Object.entries(tags).filter(([key]) => key.startsWith(`${TAG}-`));
  return lines.flatMap(([, line]) => line.split(' '));
}
