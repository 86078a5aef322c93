import type { Given } from '../../command.ts';
import { type Page, pages, readAddress, readPage } from '../../pages.ts';
import { EXIT, type Terminal, UsageError } from '../../usage.ts';
import type { explainLiteral } from './command.ts';

/** `offsite explain`: a page for an error or an alarm, for whoever is at a terminal and has no browser. */
export async function explainCommand(
  { name: words }: Given<typeof explainLiteral>,
  { out }: Terminal,
): Promise<number> {
  const all = await pages();
  const name = words === undefined || words.length === 0 ? undefined : words.join(' ').trim();
  if (name === undefined) {
    const named = (kind: string) => all.filter((page) => page.kind === kind).map((page) => `  ${page.name}\n`);
    out.write(`Errors\n${named('errors').join('')}\nThe runbook\n${named('runbook').join('')}`);
    return EXIT.ok;
  }
  const wanted = name.toLowerCase();
  const page = all.find((one) => one.name.toLowerCase() === wanted) ?? inLine(name, all);
  const text = page ? await readPage(page) : await readAddress(name);
  if (text !== undefined) {
    out.write(text);
    return EXIT.ok;
  }
  const similar = all.filter((one) => one.name.toLowerCase().includes(wanted)).map((one) => one.name);
  const which = similar.length > 0 ? `Similar: ${similar.join(', ')}.` : '"offsite explain" lists all names.';
  throw new UsageError(`There is no error, no article and no page with the name ${name}. ${which}`);
}

/** A line of output as it was copied, `offsite: prod: ManagerBusy: …`: the first error that it names. */
function inLine(line: string, all: readonly Page[]): Page | undefined {
  const words = line.match(/[\w-]+/g) ?? [];
  const named = words.map((word) =>
    all.find(({ name, kind }) => name === word && (kind === 'errors' || word.includes('-'))),
  );
  return named.find((page) => page !== undefined);
}
