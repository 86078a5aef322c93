import { command, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { managerAccess } from '../../options/manager.ts';
import { json, manners } from '../../options/run.ts';

export const reconcileLiteral = command({
  name: 'reconcile',
  group: BOTH,
  summary: 'find differences between schedule, records, bucket and manager; repair what is safe',
  about: `Compares schedule, runs, records, storage and the snapshots on the manager, in both directions, and reports what
does not agree. Changes nothing without --repair. In AWS the same check runs every day.`,
  arguments: [],
  options: [
    option('--manager <NAME>', 'the manager whose archives are checked', { conflicts: ['--all'] }),
    option('--all', 'every manager of the configuration, one after another'),
    option('--repair', 'repair what is safe: tags, open uploads and incomplete snapshots of runs that died'),
    json,
    ...manners,
    option('--verbose', 'print warnings on standard error'),
    ...archives,
    ...managerAccess,
  ],
  exits:
    'Exit codes: 0 nothing is left to do, 1 something is (with --all: of at least one manager), 2 the command line is wrong, 130 interrupted.',
  see: 'explanation/reconcile.md',
});
