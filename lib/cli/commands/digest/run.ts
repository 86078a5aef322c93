import { Redactor } from '../../../base/redact.ts';
import { type Digest, digestOccasion, digestOf, digestSubject } from '../../../status/digest.ts';
import { expectedOf } from '../../../status/expected.ts';
import { allManagers } from '../../../status/managers.ts';
import { statusOf } from '../../../status/status.ts';
import type { Given } from '../../command.ts';
import { withArchives } from '../../inputs/archives.ts';
import { readConfig } from '../../inputs/config-file.ts';
import { notifiedUnlessBegun } from '../../inputs/not-begun.ts';
import { notifierFrom } from '../../inputs/notifier.ts';
import { EXIT, type Terminal, UsageError } from '../../usage.ts';
import type { digestLiteral } from './command.ts';

const AS_RUN = { about: 'digest', manager: null, what: 'digest of all managers' } as const;

/** `offsite digest`: one message about all managers, printed or sent. */
export async function digestCommand(given: Given<typeof digestLiteral>, terminal: Terminal): Promise<number> {
  const named = given.config === undefined ? undefined : await readConfig(given.config, undefined);
  const { notifier } = await notifierFrom(given, new Redactor(), terminal);
  if (given.send && !notifier)
    throw new UsageError('--send needs notification targets: add --config FILE with notifications.targets.');
  const work = () =>
    withArchives(given, terminal, 'read', async ({ archive, installation }) => {
      const config = named ?? (await readConfig(undefined, installation));
      const now = terminal.clock.now();
      const managers = await allManagers(config, archive.records);
      const expected = (manager: string) => expectedOf(config, manager, now);
      const digest = digestOf(await statusOf({ managers, archive, now, expected }));
      const undelivered = given.send
        ? await notifier?.publish(digestSubject(digest), { ...digest }, digestOccasion(digest))
        : undefined;
      terminal.out.write(given.json ? `${JSON.stringify(digest, null, 2)}\n` : textOf(digest));
      return digest.outcome === 'good' && (undelivered ?? []).length === 0 ? EXIT.ok : EXIT.failed;
    });
  return await (given.local && given.send ? notifiedUnlessBegun(AS_RUN, given, terminal, work) : work());
}

function textOf(digest: Digest): string {
  return [digest.message, ...digest.notes.map((note) => `  ${note}`), ''].join('\n');
}
