import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Random } from '../simulator/archive/random.ts';
import { deflated, type Member, repeatable, repeated, writeZip } from '../simulator/archive/zip-writer.ts';

const MiB = 1024 ** 2;
const PAGES = 2000;
const DUMPS = 16;

/** Rows as a dump of a manager's database has them: ids, times and words; deflate makes a third of them. */
function rows(random: Random, bytes: number): Buffer {
  const verbs = ['started', 'succeeded', 'failed', 'sending task', 'cancelled'];
  const lines: string[] = [];
  for (let length = 0, id = 1; length < bytes; id++) {
    const verb = verbs[id % verbs.length];
    const line = `${id}\t2026-11-22 02:0${id % 10}:${10 + (id % 50)}.${id % 1000}\tTask ${verb} 'cloudify_agent.operations.install_plugins' [retry ${id % 7}]\t${random.uuid()}\t\\N\tdefault_tenant\t${id % 97}\n`;
    lines.push(line);
    length += line.length;
  }
  return Buffer.from(lines.join(''));
}

/**
 * A zip as managers make them, of about `bytes`: half text of a database, four tenths plugins that do not compress, the rest
 * small pages. All of it is deflated, as Python's `zipfile` writes it.
 */
export async function writeDeflatedArchive(path: string, bytes: number): Promise<{ stored: number; inflated: number }> {
  const random = new Random(7);
  const text = repeatable(rows(random, 8 * MiB));
  const noise = repeatable(random.bytes(4 * MiB), 0);
  const nothing = Buffer.alloc(0);
  const times = (share: number, block: { compressed: Buffer }) =>
    Math.max(1, Math.floor((bytes * share) / block.compressed.length));
  const page = deflated('', rows(random, 32 * 1024)).content;
  const plugins = Math.max(1, Math.floor((bytes * 0.4) / (64 * MiB)));
  const members: Member[] = [
    // In several members, since one is one function's work: deflate data cannot be entered midway.
    ...Array.from({ length: DUMPS }, (_, i) => repeated(`mgmt/${i}.json`, text, times(0.5 / DUMPS, text), nothing)),
    ...Array.from({ length: plugins }, (_, i) => repeated(`plugins/p${i}.wgn`, noise, 16, nothing)),
    ...Array.from({ length: PAGES }, (_, i) => ({ name: `tenants/default_tenant/${i}.json`, content: page })),
  ];
  const zip = writeZip(members, {});
  await pipeline(Readable.from(zip.bytes.chunks(0, zip.bytes.size)), createWriteStream(path));
  return { stored: zip.bytes.size, inflated: members.reduce((sum, { content }) => sum + content.size, 0) };
}

if (import.meta.main) {
  const [path = '', bytes = '0'] = process.argv.slice(2);
  process.stdout.write(`${JSON.stringify(await writeDeflatedArchive(path, Number(bytes)))}\n`);
}
