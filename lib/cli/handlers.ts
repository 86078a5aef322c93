import type { CommandLiteral, Given } from './command.ts';
import type { commands } from './commands.ts';
import type { Terminal } from './usage.ts';

/** Runs a command with what was given to it. Gives the exit code. */
type Handler<C extends CommandLiteral> = (given: Given<C>, terminal: Terminal) => Promise<number>;
type Handlers = { readonly [C in (typeof commands)[number] as C['name']]: () => Promise<Handler<C>> };

/** What each command does. Loaded when it is called: nobody who asks for --help waits for an SDK. */
export const handlers: Handlers = {
  export: async () => (await import('./commands/export/run.ts')).exportCommand,
  restore: async () => (await import('./commands/restore/run.ts')).restoreCommand,
  verify: async () => (await import('./commands/verify/run.ts')).verifyCommand,
  list: async () => (await import('./commands/list/run.ts')).listCommand,
  show: async () => (await import('./commands/show/run.ts')).showCommand,
  contents: async () => (await import('./commands/contents/run.ts')).contentsCommand,
  diff: async () => (await import('./commands/diff/run.ts')).diffCommand,
  download: async () => (await import('./commands/download/run.ts')).downloadCommand,
  extract: async () => (await import('./commands/extract/run.ts')).extractCommand,
  copy: async () => (await import('./commands/copy/run.ts')).copyCommand,
  doctor: async () => (await import('./commands/doctor/run.ts')).doctorCommand,
  retention: async () => (await import('./commands/retention/run.ts')).retentionCommand,
  keep: async () => (await import('./commands/keep/run.ts')).keepCommand,
  unkeep: async () => (await import('./commands/unkeep/run.ts')).unkeepCommand,
  status: async () => (await import('./commands/status/run.ts')).statusCommand,
  report: async () => (await import('./commands/report/run.ts')).reportCommand,
  reconcile: async () => (await import('./commands/reconcile/run.ts')).reconcileCommand,
  accept: async () => (await import('./commands/accept/run.ts')).acceptCommand,
  approve: async () => (await import('./commands/approve/run.ts')).approveCommand,
  follow: async () => (await import('./commands/follow/run.ts')).followCommand,
  machine: async () => (await import('./commands/machine/run.ts')).machineCommand,
  schedule: async () => (await import('./commands/schedule/run.ts')).scheduleCommand,
  demo: async () => (await import('./commands/demo/run.ts')).demoCommand,
  'simulate-manager': async () => (await import('./commands/simulate-manager/run.ts')).simulateManagerCommand,
  adopt: async () => (await import('./commands/adopt/run.ts')).adoptCommand,
  notify: async () => (await import('./commands/notify/run.ts')).notifyCommand,
  digest: async () => (await import('./commands/digest/run.ts')).digestCommand,
  metrics: async () => (await import('./commands/metrics/run.ts')).metricsCommand,
  explain: async () => (await import('./commands/explain/run.ts')).explainCommand,
  completion: async () => (await import('./commands/completion/run.ts')).completionCommand,
  'local-s3': async () => (await import('./commands/local-s3/run.ts')).localS3Command,
};
