import { isAtLeast } from '../../base/compare-versions.ts';
import type { RestoreAuthority } from '../../config/restore-authority.ts';
import { isEmpty } from '../../manager/content.ts';
import { RESTORE_WORKFLOW } from '../../manager/restore-executions.ts';
import { optionWords } from '../option-words.ts';
import { restoredSecretOf, withheldFrom } from '../watch/credentials.ts';
import { describe, type RestoreRequest, sortActive, stuckFlagAdvice, type Target } from './suitability.ts';

/** What will happen to data, credentials and services, one sentence each: read before somebody says yes. */
export function planNotes(asked: RestoreRequest, target: Target, authority: RestoreAuthority): string[] {
  return [
    ...aboutData(asked, target),
    ...aboutCredentials(asked, authority),
    ...aboutServices(asked),
    ...aboutNetworks(asked),
    ...aboutDrill(asked, target),
  ];
}

/** What was found, and what is still to be done, when the restore is over: the rest of the plan has come true by then. */
export function notesForAfterwards(asked: RestoreRequest, target: Target): string[] {
  return [
    ...aboutPasswords(asked),
    ...aboutCertificates(asked),
    ...aboutNodes(asked),
    ...aboutState(asked, target),
    ...aboutSystems(asked),
  ];
}

function aboutData({ selection }: RestoreRequest, { content }: Target): string[] {
  if (isEmpty(content)) return ['The manager is empty: nothing on it is lost.'];
  const held = describe(content);
  return selection.format === 'legacy'
    ? [`With force, all that the manager holds (${held}) is wiped and replaced by what the archive holds.`]
    : [
        `With force, the manager keeps what it holds (${held}) and adds what the archive holds: items that exist already are skipped with no more than a line in its log, so the result will most probably be partial.`,
      ];
}

/** contract.md §7.4, §7.5. */
function aboutCredentials(asked: RestoreRequest, authority: RestoreAuthority): string[] {
  const { input, run, selection } = asked;
  if (selection.format === 'new') {
    return ["The admin's password and tokens stay as they are; other users come from the archive."];
  }
  const owner = selection.manager === null ? "the archive's manager" : `manager ${selection.manager}`;
  const notes = [
    `Users and passwords become those of ${owner} at the time of the snapshot; all tokens of this manager end.`,
    'The restore must be asked for by the admin that was made when it was installed: any other user makes it fail.',
    'If it fails in the middle, neither the passwords of the archive nor those of this manager may work: set one on the manager then (cfy_manager reset-admin-password NEW-PASSWORD).',
  ];
  const withheld = withheldFrom(asked, authority);
  const isKnown = selection.manager !== null && withheld === undefined;
  if (isKnown || restoredSecretOf(input, authority) !== undefined) return notes;
  notes.push(
    withheld === undefined
      ? `If no secret that may be used here holds those credentials, give one that does: ${optionWords.pairWith(run.manager)}. Without them the end of the restore cannot be seen.`
      : `The configuration does not let the credentials of manager ${withheld} be sent to ${run.manager}: unless the secret of ${run.manager} holds the same, the end of the restore cannot be seen. Before you start it, name the pair: ${optionWords.pairWith(run.manager)}.`,
  );
  return notes;
}

/**
 * Passwords are hashed with a salt that each installation makes for itself, and archives of the new format do not hold it
 * (cloudify-manager, rest-service/manager_rest/flask_utils.py). One of the users is the admin.
 */
function aboutPasswords({ selection }: RestoreRequest): string[] {
  const others = (selection.totals['users'] ?? 0) - 1;
  if (selection.format === 'legacy' || others < 1) return [];
  return [
    `The ${others} users beside the admin cannot log in after the restore: their password hashes need the salt of the archive's manager, and archives of the new format do not hold it. Set a new password for each of them (cfy users set-password), or give this manager that salt before (hash_salt in /opt/manager/rest-security.conf).`,
  ];
}

function aboutServices({ run, selection }: RestoreRequest): string[] {
  if (selection.format === 'new') return ['Services stay up during the restore.'];
  const services = isAtLeast(run.version, '6.2.0')
    ? 'The REST service of the node that restores is stopped meanwhile: it answers 502 to all requests.'
    : 'REST goes on answering during the restore, with errors of all kinds (500, 401, 404).';
  const kubernetes = isAtLeast(run.version, '7.0.3')
    ? ['A manager on Kubernetes refuses archives of this format.']
    : [];
  return [services, ...kubernetes];
}

function aboutCertificates({ input, selection }: RestoreRequest): string[] {
  if (!input.restoreCertificates) return [];
  if (selection.format === 'new') return ['restoreCertificates does nothing: archives of the new format hold none.'];
  const then = input.noReboot
    ? 'They are used from the next restart of its services on, which is yours to do.'
    : 'The machine reboots at the end, for minutes.';
  return [
    `The manager's certificates become those of the archive; the CA that is configured for it (the field ca of its secret, caFile or --ca-file) must fit them. ${then}`,
  ];
}

/** contract.md §2.6; hazard K18. */
function aboutNodes({ run: { nodes } }: RestoreRequest): string[] {
  const notes: string[] = [];
  // Behind a load balancer it has more than are known.
  const all = Math.max(nodes.known, nodes.registered);
  if (all > 1) {
    notes.push(
      `The manager has ${all} nodes: stop all but one (cfy_manager stop) and activate maintenance mode first, start them afterwards. Restores with several at work may dead-lock the database.`,
    );
  }
  if (nodes.healthy < nodes.known) notes.push(`${nodes.healthy} of its ${nodes.known} nodes answer.`);
  return notes;
}

function aboutState({ run }: RestoreRequest, target: Target): string[] {
  const notes: string[] = [];
  if (target.maintenance === 'activated') notes.push('The manager is in maintenance mode, and is left in it.');
  const { ghosts, busy } = sortActive(target);
  if (ghosts.length > 0) {
    notes.push(`Restores that were refused long ago block the manager and are cleared first: ${ghosts.length}.`);
  }
  const isRestoring = busy.some((row) => row.workflowId === RESTORE_WORKFLOW);
  const stuck = isRestoring ? undefined : stuckFlagAdvice(run, target);
  if (stuck) notes.push(stuck);
  return notes;
}

/** What the manager will do to others once it is restored. */
function aboutSystems({ selection }: RestoreRequest): string[] {
  const agents = selection.totals.agents ?? 0;
  const notes: string[] = [];
  if (agents > 0) {
    notes.push(
      `${agents} agents know their manager by its address: at another one they need cfy agents install after the restore.`,
    );
  }
  if (selection.format === 'legacy') {
    notes.push('Scheduled executions come back: overdue ones as failed, later ones will run.');
  }
  return notes;
}

function aboutNetworks({ selection }: RestoreRequest): string[] {
  if (!selection.totals.agents || selection.format !== 'legacy') return [];
  return ['The networks of its agents must exist on the manager, or it gives up the restore.'];
}

/** As lib/restore/cleanup/tidy.ts does it. */
function aboutDrill({ run, selection }: RestoreRequest, { content }: Target): string[] {
  if (run.purpose !== 'drill') return [];
  return [
    'A drill: keep this manager away from what the manager of the archive manages; it will take all of that for its own.',
    isEmpty(content) || selection.format === 'legacy'
      ? 'What the drill restores is removed at its end: deployments, blueprints, plugins, secrets and sites. Tenants and users stay.'
      : 'Nothing is removed at the end of the drill: what it restores could not be distinguished from what the manager holds.',
  ];
}
