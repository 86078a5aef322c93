import { extract } from '../../../access/extract.ts';
import { InvalidInput } from '../../../base/errors.ts';
import { printable } from '../../../base/printable.ts';
import type { Entry } from '../../../catalogue/entry.ts';
import type { Given } from '../../command.ts';
import { withArchives } from '../../inputs/archives.ts';
import { noteExtraction } from '../../inputs/extraction-note.ts';
import { openArchive } from '../../inputs/opened-archive.ts';
import { EXIT, formatBytes, type Terminal, UsageError } from '../../usage.ts';
import type { extractLiteral } from './command.ts';

type ExtractGiven = Given<typeof extractLiteral>;

const SECRETS = 'Extracted files can hold private keys, passwords and tokens of the manager: delete them after use.';

/** `offsite extract`: some files of one archive, proven one by one. */
export async function extractCommand(given: ExtractGiven, terminal: Terminal): Promise<number> {
  const wants = wantsOf(given);
  return await withArchives(given, terminal, 'read', async (archives) => {
    const opened = await openArchive(given, archives, terminal);
    const { entry, source, label } = opened;
    const { interrupt: signal, clock } = terminal;
    const files = await extract(source, given.to, {
      ...{ label, wants, signal },
      force: given.force === true,
      now: clock.now(),
    });
    if (files.length === 0) {
      throw new InvalidInput(`${label} has no such file. ${adviceOf(given, entry)}`);
    }
    const { manager, snapshot } = entry.manifest;
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const taken = { what: 'extract', size, names: files.map(({ name }) => name) } as const;
    const record = await noteExtraction(opened, taken, { given, archives, terminal });
    const document = {
      outcome: 'succeeded',
      manager: manager.id,
      archive: snapshot.id,
      folder: given.to,
      files,
      record,
    };
    if (given.json) terminal.out.write(`${JSON.stringify(document, null, 2)}\n`);
    else for (const { name, size } of files) terminal.out.write(`${printable(name)}  ${formatBytes(size)}\n`);
    terminal.err.write(`Warning: ${SECRETS}\n`);
    return EXIT.ok;
  });
}

function adviceOf({ certificates, securityConf }: ExtractGiven, { manifest }: Entry): string {
  const { manager, snapshot } = manifest;
  const all = `List its files: offsite contents ${manager.id}/${snapshot.id} --members.`;
  if (snapshot.format === 'legacy' || !(certificates || securityConf)) return all;
  return `Only archives of the legacy format hold certificates and rest-security.conf, and this one has the ${snapshot.format} format. ${all}`;
}

/** Throws `UsageError` when nothing is asked for. */
function wantsOf({ member = [], certificates, securityConf, blueprint }: ExtractGiven): (name: string) => boolean {
  const names = new Set(member.filter((name) => !name.endsWith('/')));
  const folders = member.filter((name) => name.endsWith('/'));
  if (certificates) folders.push('ssl/');
  if (securityConf) names.add('rest-security.conf');
  if (names.size + folders.length === 0 && blueprint === undefined) {
    throw new UsageError('No file is named: add --member NAME, --certificates, --security-conf or --blueprint ID.');
  }
  return (name) =>
    names.has(name) ||
    folders.some((folder) => name.startsWith(folder)) ||
    (blueprint !== undefined && isOfBlueprint(name, blueprint));
}

/** `…blueprints/TENANT/ID/…`, `…uploaded-blueprints/TENANT/ID/ID.tar.gz`, or `…/blueprints/ID.zip` of the new format, `…/blueprints_archives/ID.tar.gz` of 7.0.0. */
function isOfBlueprint(name: string, id: string): boolean {
  const parts = name.split('/');
  const at = parts.findIndex((part) => /^(uploaded-)?blueprints(_archives)?$/.test(part));
  if (at < 0) return false;
  return parts
    .slice(at + 1)
    .some((part) => part === id || (part.startsWith(`${id}.`) && /\.(zip|tar|tgz|gz|bz2)/.test(part)));
}
