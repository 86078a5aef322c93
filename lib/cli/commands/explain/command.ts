import { argument, command } from '../../command.ts';
import { BOTH } from '../../groups.ts';

export const explainLiteral = command({
  name: 'explain',
  group: BOTH,
  summary: 'print what an error or an alarm means, and what to do',
  about: `Prints the page of an error, such as ManagerBusy, or an article of the runbook, such as no-verified-archive: what
happened, what to do, and what was tried again. Without a name it lists all of them. It also prints any page of the
documentation by the address that a message names, such as docs/reference/secret.md. Needs no network.`,
  arguments: [
    argument(
      '[NAME...]',
      'name of an error or of an article, the address of a page, or the line that the command printed',
    ),
  ],
  options: [],
  see: 'reference/errors.md',
  prints: 'document',
});
