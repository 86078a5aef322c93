import { spawnSync } from 'node:child_process';

/** What `npm audit --json` prints: a report, or why there is none. */
export interface AuditAnswer {
  readonly metadata?: { readonly vulnerabilities: Readonly<Record<string, number>> };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly range: string }>>;
  readonly error?: { readonly summary?: string };
  readonly message?: string;
}

export interface AuditResult {
  readonly exitCode: 0 | 1;
  readonly text: string;
}

/**
 * The result of an audit. A finding fails it. A registry that does not answer does not: the audit is then reported as not
 * run, and never as passed.
 */
export function judgeAudit(answer: AuditAnswer | undefined): AuditResult {
  const total = answer?.metadata?.vulnerabilities['total'];
  if (total === undefined) {
    const why = answer?.message ?? answer?.error?.summary ?? 'npm printed no report';
    return { exitCode: 0, text: `audit: NOT RUN: the registry did not answer (${why.split('\n')[0]})` };
  }
  if (total === 0) return { exitCode: 0, text: 'audit: no known vulnerability in any package' };
  const found = Object.entries(answer?.vulnerabilities ?? {});
  const lines = found.map(([name, { severity, range }]) => `  ${name} ${range}: ${severity}`);
  return {
    exitCode: 1,
    text: [`audit: ${total} known vulnerabilities; run npm audit for details`, ...lines].join('\n'),
  };
}

function parse(text: string): AuditAnswer | undefined {
  try {
    return JSON.parse(text) as AuditAnswer;
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  // 60 s: a registry that hangs must not hold the build.
  const { stdout } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8', timeout: 60_000 });
  const { exitCode, text } = judgeAudit(parse(stdout));
  process.stdout.write(`${text}\n`);
  process.exitCode = exitCode;
}
