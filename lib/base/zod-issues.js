/** `manager: must be …; colour is not a known field`: names fields, never values. `skip` drops leading path segments. */
export function describeIssues(error, skip = 0) {
  const lines = error.issues
    .flatMap(inBranch)
    .slice(0, 5)
    .map((issue) => {
      const path = issue.path.slice(skip).join('.');
      if (issue.code === 'unrecognized_keys') {
        return issue.keys.map((key) => `${[path, key].filter(Boolean).join('.')} is not a known field`).join('; ');
      }
      return path ? `${path}: ${issue.message}` : issue.message;
    });
  return lines.join('; ');
}
/** Of alternatives the one that names fields is meant: `storage.objectLock.days`, and not "invalid input" of the whole. */
function inBranch(issue) {
  if (issue.code !== 'invalid_union') return [issue];
  const meant = issue.errors.find((branch) =>
    branch.some(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  return meant?.map((one) => ({ ...one, path: [...issue.path, ...one.path] })) ?? [issue];
}
/** The same as facts, by the outermost field: `endpoints` for `endpoints.0`. */
export function problemsIn(error) {
  return error.issues.slice(0, 5).map(({ path, message }) => ({ field: String(path[0] ?? ''), problem: message }));
}
