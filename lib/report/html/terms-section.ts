import { type Html, html } from './escaped.ts';

/** In the order in which a page uses them. Who reads it may never have heard of this product. */
const TERMS = [
  ['manager', 'A Cloudify Manager, whose data is backed up.'],
  [
    'protected',
    'The newest archive can be used for a restore and is younger than its target, and no finding is critical. It does not mean that a restore was tried: see the last restore.',
  ],
  ['at risk', 'There is no such archive, or a finding is critical.'],
  ['unknown', 'There is an archive, but nothing says how old it may be.'],
  [
    'RPO',
    'Recovery point objective. The RPO now is the age of the newest archive that can be used for a restore: what was changed since would be lost. The actual RPO is the longest time without a newer archive.',
  ],
  ['target', 'The greatest age that the configuration allows, or that follows from the schedule.'],
  ['run', 'One backup, for one time of the schedule.'],
  ['archive', 'The backup of one run: a zip file that the manager wrote, stored elsewhere.'],
  [
    'verified',
    'After it was stored, the whole archive was read, and each file in it agreed with the checksum that the manager wrote.',
  ],
  ['flagged', 'Verified, but with far less content than the archives before it.'],
  ['damaged', 'A later verification found other bytes, or the archive is no longer stored.'],
  ['missing', 'A run was due, and nothing was started.'],
  ['lost', 'Failed, missing or damaged: no archive of that time can be restored.'],
  [
    'cron(…)',
    'When something is due: minute, hour, day of the month, month, day of the week (1 is Sunday), year. “*” is each, “?” is any.',
  ],
  ['restore test', 'A restore onto a manager that is only for tests. A restore after a loss is called recovery.'],
  [
    'partial',
    'The restore ended, and the manager differs from the archive. The table of restores has each difference.',
  ],
  [
    'RTO',
    'Recovery time objective; here the time that was measured, from the start of a restore until its result was compared with the archive.',
  ],
  [
    'record',
    'A file that states one fact, such as the end of a run or of a verification. The record that an archive is verified is called its manifest.',
  ],
  [
    'signed',
    'The record has a digital signature, which was checked when this report was made. Unsigned: it has none. Forged: the signature does not fit.',
  ],
  [
    'newest, kept, daily …',
    'Why an archive stays. Newest: it is one of the newest valid ones, which never expire. Kept: a person has asked for it. Daily to yearly: it is the first of that period.',
  ],
  [
    'reconciliation',
    'A comparison of the schedule, the records and the stored objects, which reports what does not agree.',
  ],
  ['hidden', 'Deleted, but it can still be brought back.'],
  ['locked', 'By the configuration, storage refuses to delete it before that day (Object Lock).'],
] as const;

export const termsSection = (): Html => html`<section id="terms" aria-labelledby="terms-title">
<h2 id="terms-title">Terms</h2>
<dl class="card terms">${TERMS.map(([term, means]) => html`<div><dt>${term}</dt><dd>${means}</dd></div>`)}</dl>
</section>`;
