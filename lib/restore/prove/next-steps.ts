import { type Article, runbookPage } from '../../base/runbook.ts';
import { optionWords } from '../option-words.ts';
import { duration, type Gathered } from './phases.ts';

/** How a restore failed, as far as the person who reads about it needs to know. */
export interface Ending {
  /** Name of the error. */
  readonly error: string;
  readonly manager: string;
  readonly gathered: Gathered;
  /** What the state machine had, whether or not it could be read: nothing may be called untouched on a doubt. */
  readonly reached: ReadonlySet<string>;
  /** Since the restore was asked for: it ended sooner than that. Null: it was not asked for. */
  readonly secondsSinceRequest: number | null;
}

interface Rule {
  readonly applies: (ending: Ending) => boolean;
  /** In what state the manager is, and what to do. */
  readonly say: (ending: Ending) => string;
  /** The article that says more. */
  readonly article?: Article;
}

/** Errors that StartRestore and the steps before it throw only where no restore was accepted. */
const NOT_ACCEPTED = new Set(['UploadMismatch', 'SnapshotLost', 'SourceChanged', 'ManagerBusy']);
/** A legacy restore that is refused ends within seconds, one that touches the database does not (contract.md §7.4). */
const VALIDATION_SECONDS = 60;

const isLegacy = ({ gathered }: Ending) => gathered.selection?.format === 'legacy';
/** REST stays up while the database is exchanged (contract.md §7.4, 4). */
const staysUp = ({ gathered }: Ending) => /^(5\.|6\.[01](\.|$))/.test(gathered.run?.version ?? '');
const isUnstarted = (restoring: Gathered['restoring']) => restoring?.lastStatus === 'pending' && !restoring.flagSeen;

/** The first that applies. In the order in which a restore goes, from its end. */
const RULES: readonly Rule[] = [
  {
    applies: ({ error }) => error === 'RestorePartial',
    say: ({ manager, gathered: { run, restoring } }) =>
      `The restore itself is over, and manager ${manager} ${run?.purpose === 'drill' ? 'was cleared after the drill, as far as the notes say' : 'is in use as it is'}. What is missing is in the restore report; why, in the manager's log of execution ${restoring?.executionId ?? 'of the restore'}. Restore what is missing by hand, or empty the manager and restore again; ${optionWords.allowPartial} accepts differences.`,
    article: 'a-restore-left-differences',
  },
  {
    applies: ({ gathered }) => gathered.verification !== null,
    say: ({ manager }) =>
      `The restore itself is over, and what manager ${manager} holds was compared with the archive: do not repeat it.`,
  },
  {
    applies: ({ reached }) => !reached.has('upload') && !reached.has('restoring'),
    say: untouched,
  },
  {
    applies: ({ error, reached }) => !reached.has('restoring') && NOT_ACCEPTED.has(error),
    say: untouched,
  },
  {
    applies: ({ reached }) => !reached.has('restoring'),
    say: ({ manager }) =>
      `The archive was uploaded; whether manager ${manager} has begun to restore it is not known. Look for a restore_snapshot among its executions before you restore again.`,
    article: 'how-a-restore-ended-is-not-known',
  },
  { applies: ({ error }) => error === 'RestoreFailed', say: afterFailure, article: 'a-restore-failed' },
  {
    applies: ({ error }) => error === 'CredentialsRejected',
    say: ({ manager }) => `The restore was accepted; what manager ${manager} holds was not compared.`,
    article: 'passwords-after-a-restore',
  },
  {
    applies: ({ error }) => error === 'CertificateUntrusted',
    say: ({ manager }) =>
      `The restore was accepted, and the manager has the archive's certificates now: put the CA of the archive's manager into the secret of ${manager}, as "ca". What it holds was not compared.`,
    article: 'certificates-after-a-restore',
  },
  {
    applies: ({ gathered }) => gathered.restoring?.status === 'ended',
    say: ({ manager, error }) =>
      error === 'RestoreUnknown'
        ? `Look which restores manager ${manager} has had since, and whether one is at work, before you restore again.`
        : `The restore itself is over, and the services were up at its end; what manager ${manager} holds was not compared.`,
    article: 'how-a-restore-ended-is-not-known',
  },
  {
    applies: ({ gathered: { restoring } }) => isUnstarted(restoring),
    say: ({ manager }) =>
      `No worker of manager ${manager} had taken it, so nothing was restored until then; the notes say whether it is cancelled. Bring its broker and its mgmtworker back before you restore again.`,
    article: 'how-a-restore-ended-is-not-known',
  },
  {
    applies: ({ gathered }) => (gathered.restoring?.terminatedSince ?? null) !== null,
    say: ({ manager }) =>
      `Manager ${manager} had called it completed. What it holds was not compared: look at that, and at its services, before you restore again.`,
    article: 'how-a-restore-ended-is-not-known',
  },
  { applies: () => true, say: stillRunning, article: 'how-a-restore-ended-is-not-known' },
];

/** In what state a failed restore has left the manager, and what to do next. Ends with where to read on. */
export function nextSteps(ending: Ending): string {
  const rule = RULES.find(({ applies }) => applies(ending));
  if (!rule) return '';
  const more = rule.article ? ` See ${runbookPage(rule.article)}.` : '';
  return `${rule.say(ending)}${more}`;
}

function untouched({ manager }: Ending): string {
  return `Nothing was restored: manager ${manager} is as it was.`;
}

function afterFailure(ending: Ending): string {
  const { manager, secondsSinceRequest: seconds } = ending;
  if (!isLegacy(ending)) {
    if (ending.gathered.run?.purpose === 'drill') {
      return `What the drill had restored before that is removed from manager ${manager}, as far as the notes say. Remove the rest by hand before the next drill.`;
    }
    return `What was restored before that is still on manager ${manager}; nothing is taken back. Empty it, or restore again with ${optionWords.force}.`;
  }
  if (seconds !== null && seconds <= VALIDATION_SECONDS) {
    return `It failed within ${duration(seconds)}, so probably while the archive was looked at, before anything was changed. Look at what manager ${manager} holds before you go on.`;
  }
  const services = staysUp(ending)
    ? 'It goes on answering all the same: do not let users work with it.'
    : 'Its services may be stopped on that node.';
  return `The database of manager ${manager} may be half replaced. ${services} If it still answers, restore again with ${optionWords.force}; else install it anew and restore then.`;
}

function stillRunning({ manager, gathered: { restoring } }: Ending): string {
  const id = restoring?.executionId;
  const which = id ? ` (GET /executions/${id} with the header "Tenant: default_tenant")` : '';
  return `The restore may still be running: do not start another one. Look at its execution on manager ${manager}${which} and at /snapshot-status of every node.`;
}
