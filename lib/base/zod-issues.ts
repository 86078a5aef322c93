import type * as z from 'zod';
import type { FieldProblem } from './field-problem.ts';
import { nearest } from './nearest.ts';

/** A person reads these; whoever wrote the fields may have made thousands, or one as long as all the text. */
const MOST_KEYS = 10;
const MOST_LETTERS = 100;
const cut = (name: string) => (name.length > MOST_LETTERS ? `${name.slice(0, MOST_LETTERS)}…` : name);

/** Fields that could have been meant at a path. */
type Known = (path: readonly PropertyKey[]) => readonly string[];

/** `manager: must be …; colour is not a known field`: names fields, never values. `skip` drops leading path segments. */
export function describeIssues(error: z.ZodError, skip = 0, known: Known = () => []): string {
  const lines = error.issues
    .flatMap(inBranch)
    .slice(0, 5)
    .map((issue) => {
      const path = cut(issue.path.slice(skip).join('.'));
      if (issue.code === 'unrecognized_keys') {
        const named = issue.keys.slice(0, MOST_KEYS).map((key) => {
          const meant = nearest(key, known(issue.path));
          const name = [path, cut(key)].filter(Boolean).join('.');
          return `${name} is not a known field${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
        });
        const others = issue.keys.length - named.length;
        return [...named, ...(others > 0 ? [`nor are ${others} more`] : [])].join('; ');
      }
      return path ? `${path}: ${issue.message}` : issue.message;
    });
  return lines.join('; ');
}

/** Of alternatives the one that names fields is meant: `storage.objectLock.days`, and not "invalid input" of the whole. */
function inBranch(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const meant = issue.errors.find((branch) =>
    branch.some(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  return meant?.map((one) => ({ ...one, path: [...issue.path, ...one.path] })) ?? [issue];
}

/** The same as facts, by the outermost field: `endpoints` for `endpoints.0`. */
export function problemsIn(error: z.ZodError): FieldProblem[] {
  return error.issues.slice(0, 5).map(({ path, message }) => ({ field: String(path[0] ?? ''), problem: message }));
}
