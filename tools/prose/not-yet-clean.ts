import type { Finding } from './lint.ts';

type Found = ReadonlyMap<string, readonly Finding[]>;
/** How many findings each file may have that is not clean yet. */
type Allowed = Readonly<Record<string, number>>;

/** What must be done, one line each. A file that is clean or does not exist may not be listed. */
export function complaints(found: Found, allowed: Allowed): string[] {
  const tooMany = [...found].filter(([file, findings]) => findings.length > (allowed[file] ?? 0));
  const done = Object.keys(allowed).filter((file) => (found.get(file) ?? []).length === 0);
  return [
    ...tooMany.flatMap(([file, findings]) => [
      ...findings.map(({ line, column, message }) => `${file}:${line}:${column} ${message}`),
      `${file}: ${findings.length} findings, ${allowed[file] ?? 0} allowed.`,
    ]),
    ...done.map((file) => `${file} is clean: run npm run lint:prose -- --lower`),
  ];
}

/** The list after corrections: no number is raised, no file is added. */
export function lowered(found: Found, allowed: Allowed): Record<string, number> {
  const counts = Object.entries(allowed).map(
    ([file, most]) => [file, Math.min(most, found.get(file)?.length ?? 0)] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
