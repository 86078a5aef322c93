import { LEGACY } from './archives.ts';
import { type TestMember, writeZip } from './zip.ts';

const MEMBERS: readonly TestMember[] = [
  { name: 'blueprints/', method: 0 },
  { name: 'blueprints/a.yaml', data: 'node_templates: {}\n'.repeat(9) },
  { name: 'blueprints/日本.yaml', data: 'x', flags: 0x800 },
  { name: 'stored', data: 'as it is', method: 0 },
  { name: 'streamed', data: 'sizes after the data', descriptor: 'signed' },
];

/** A small archive in each form that a manager's tools write. */
const ARCHIVES = {
  plain: writeZip([...LEGACY, ...MEMBERS]),
  zip64: writeZip(
    [...LEGACY.slice(3), ...MEMBERS].map((member) => ({ ...member, zip64: true })),
    { zip64: true },
  ),
  commented: writeZip(MEMBERS, { comment: Buffer.from('of a manager, by hand') }),
};

/** How each header begins, and the offsets of its fields. */
const HEADERS: Readonly<Record<string, readonly [string, readonly number[]]>> = {
  local: ['PK\x03\x04', [4, 6, 8, 10, 12, 14, 18, 22, 26, 28]],
  entry: ['PK\x01\x02', [4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 30, 32, 34, 36, 38, 42]],
  end: ['PK\x05\x06', [4, 6, 8, 10, 12, 16, 20]],
  end64: ['PK\x06\x06', [4, 12, 14, 16, 20, 24, 32, 40, 48]],
  locator: ['PK\x06\x07', [4, 8, 16]],
};

const VALUES = [0, 1, 2, 8, 0x0800, 0x2e, 0x2f, 0xff, 0xfffe, 0xffff];

/** Every field of every header, set to values that mean something somewhere. */
export function fieldsChanged(): { name: string; bytes: Buffer }[] {
  const cases: { name: string; bytes: Buffer }[] = [];
  for (const [form, archive] of Object.entries(ARCHIVES)) {
    for (const [header, [mark, fields]] of Object.entries(HEADERS)) {
      // Every header of its kind would be thousands of cases of the same; the first and the last have what is special.
      const first = archive.indexOf(mark, 0, 'latin1');
      if (first === -1) continue;
      for (const start of new Set([first, archive.lastIndexOf(mark, undefined, 'latin1')])) {
        for (const field of fields) {
          for (const value of VALUES) {
            const bytes = Buffer.from(archive);
            bytes.writeUInt16LE(value, start + field);
            if (!bytes.equals(archive)) cases.push({ name: `${form} ${header}+${field} = ${value}`, bytes });
          }
        }
      }
    }
  }
  return cases;
}

/** One to three edits of single bytes or short runs, more often where the directory is. */
export function bytesChanged(random: () => number, number: number): { name: string; bytes: Buffer } {
  const forms = Object.values(ARCHIVES);
  let bytes = Buffer.from(forms[Math.floor(random() * forms.length)] ?? Buffer.alloc(0));
  const directory = bytes.indexOf('PK\x01\x02', 0, 'latin1');
  for (let edits = Math.ceil(random() * 3); edits > 0; edits--) {
    const from = random() < 0.7 ? Math.min(directory, bytes.length - 1) : 0;
    const at = from + Math.floor(random() * (bytes.length - from));
    bytes = Buffer.from(edit(bytes, at, random));
  }
  return { name: `bytes ${number}`, bytes };
}

function edit(bytes: Buffer, at: number, random: () => number): Buffer {
  const kind = Math.floor(random() * 5);
  const run = 1 + Math.floor(random() * 4);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  if (kind === 0) return Buffer.concat([before, after.subarray(run)]);
  if (kind === 1) return Buffer.concat([before, Buffer.alloc(run, Math.floor(random() * 256)), after]);
  const changed = Buffer.from(bytes);
  if (kind === 2) changed.fill(0, at, Math.min(at + run, changed.length));
  else changed[at] = kind === 3 ? (changed[at] ?? 0) ^ (1 << Math.floor(random() * 8)) : Math.floor(random() * 256);
  return changed;
}
