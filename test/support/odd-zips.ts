import type { PythonVersion } from './pythons.ts';
import { type TestMember, writeZip } from './zip.ts';

interface OddStructure {
  readonly name: string;
  readonly bytes: () => Buffer;
  readonly ours: 'accepted' | 'refused';
  /** Pythons that cannot open or extract it, as recorded with 2.7.18, 3.6.15 and 3.11.7. */
  readonly pythons: readonly PythonVersion[];
}

const ALL: readonly PythonVersion[] = ['2.7', '3.6', '3.11'];
const A: TestMember = { name: 'a', data: 'one' };
const B: TestMember = { name: 'b', data: 'two' };

const names =
  (...list: (string | Buffer)[]) =>
  () =>
    writeZip([A, ...list.map((name) => ({ name, data: 'x' }))]);

/** ZIP64 end record with 8 bytes of extensible data. */
function extensible(): Buffer {
  const bytes = writeZip([A, B], { zip64: true });
  const record = bytes.length - 22 - 20 - 56;
  bytes.writeBigUInt64LE(52n, record + 4);
  return Buffer.concat([bytes.subarray(0, record + 56), Buffer.alloc(8, 0x41), bytes.subarray(record + 56)]);
}

function volumes(count: number): Buffer {
  const bytes = writeZip([A, B], { zip64: true });
  bytes.writeUInt32LE(count, bytes.length - 22 - 4);
  return bytes;
}

/** The directory's entries the other way round. */
function reversed(): Buffer {
  const bytes = writeZip([A, B]);
  const at = bytes.readUInt32LE(bytes.length - 6);
  const middle = at + 46 + 1;
  const end = bytes.length - 22;
  return Buffer.concat([
    bytes.subarray(0, at),
    bytes.subarray(middle, end),
    bytes.subarray(at, middle),
    bytes.subarray(end),
  ]);
}

/** A marker of 4 bytes before everything, and offsets that count it. */
function marked(marker: string): Buffer {
  const first = writeZip([{ ...A, claim: { offset: 4 } }]);
  const at = first.readUInt32LE(first.length - 6);
  first.writeUInt32LE(at + 4, first.length - 6);
  return Buffer.concat([Buffer.from(marker, 'latin1'), first]);
}

/** A Unicode path field (0x7075) that calls the member otherwise. */
function renamedByField(): Buffer {
  const bytes = writeZip([A]);
  const at = bytes.readUInt32LE(bytes.length - 6);
  const field = Buffer.from('\x75\x70\x06\x00\x01\x43\xbe\xb7\xe8z', 'latin1');
  bytes.writeUInt16LE(field.length, at + 30);
  bytes.writeUInt32LE(47 + field.length, bytes.length - 10);
  return Buffer.concat([bytes.subarray(0, at + 47), field, bytes.subarray(at + 47)]);
}

const appended = (bytes: Buffer | string) => () => Buffer.concat([writeZip([A, B]), Buffer.from(bytes)]);
const long = (length: number) => 'n'.repeat(length);

/** Structures that readers take differently, and those that look like them. */
export const ODD_STRUCTURES: readonly OddStructure[] = [
  { name: 'zeros after the end', bytes: appended(Buffer.alloc(9000)), ours: 'accepted', pythons: [] },
  { name: 'zeros after the end, too many', bytes: appended(Buffer.alloc(70_000)), ours: 'refused', pythons: ALL },
  { name: 'text after the end', bytes: appended('text'), ours: 'refused', pythons: [] },
  { name: 'a directory in another order', bytes: reversed, ours: 'accepted', pythons: [] },
  { name: 'the marker PK00', bytes: () => marked('PK00'), ours: 'accepted', pythons: [] },
  { name: 'the marker PK 07 08', bytes: () => marked('PK\x07\x08'), ours: 'accepted', pythons: [] },
  {
    name: 'a comment that ends with PK 05 06',
    bytes: () => writeZip([A], { comment: Buffer.from('PK\x05\x06') }),
    ours: 'refused',
    pythons: ALL,
  },
  { name: 'ZIP64 end record with extensible data', bytes: extensible, ours: 'refused', pythons: ALL },
  { name: 'a ZIP64 locator with 0 volumes', bytes: () => volumes(0), ours: 'refused', pythons: ['2.7', '3.6'] },
  { name: 'a ZIP64 locator with 1 volume', bytes: () => volumes(1), ours: 'accepted', pythons: [] },
  { name: 'a ZIP64 locator with 2 volumes', bytes: () => volumes(2), ours: 'refused', pythons: ALL },
  { name: 'a Unicode path field', bytes: renamedByField, ours: 'accepted', pythons: [] },
  {
    name: 'UTF-8 that is none',
    bytes: () => writeZip([{ name: Buffer.from([0x61, 0xff]), flags: 0x800 }]),
    ours: 'refused',
    pythons: ALL,
  },
  { name: 'a name of one dot', bytes: names('.'), ours: 'refused', pythons: ALL },
  { name: 'a name that begins with ./', bytes: names('./b'), ours: 'refused', pythons: [] },
  { name: 'a/../b beside b', bytes: names('a2/../b', 'b'), ours: 'refused', pythons: [] },
  { name: 'an empty part', bytes: names('c//d'), ours: 'refused', pythons: [] },
  { name: 'an absolute name', bytes: names('/c'), ours: 'refused', pythons: [] },
  { name: 'a backslash', bytes: names('c\\d'), ours: 'accepted', pythons: [] },
  { name: 'a file, then a file in it', bytes: names('c', 'c/d'), ours: 'refused', pythons: ALL },
  { name: 'a file in a folder, then a file for it', bytes: names('c/d', 'c'), ours: 'refused', pythons: ALL },
  { name: 'a file and a folder of one name', bytes: names('c/', 'c'), ours: 'refused', pythons: ALL },
  { name: 'a file, then deep below it', bytes: names('c/d', 'c/d/e/f/g'), ours: 'refused', pythons: ALL },
  { name: 'a file twice', bytes: names('c', 'c'), ours: 'refused', pythons: [] },
  { name: 'a folder twice', bytes: names('c/', 'c/'), ours: 'accepted', pythons: [] },
  {
    name: 'one name in two encodings',
    bytes: () => writeZip([{ name: 'é', flags: 0x800 }, { name: Buffer.from([0x82]) }]),
    ours: 'refused',
    pythons: [],
  },
  { name: 'names that differ in case', bytes: names('c', 'C'), ours: 'accepted', pythons: [] },
  { name: 'a part of 255 bytes', bytes: names(long(255)), ours: 'accepted', pythons: [] },
  { name: 'a part of 256 bytes', bytes: names(`c/${long(256)}/d`), ours: 'refused', pythons: ALL },
  {
    name: 'a part of 300 bytes in UTF-8',
    bytes: () => writeZip([{ name: 'é'.repeat(150), flags: 0x800 }]),
    ours: 'refused',
    pythons: ALL,
  },
  {
    name: '150 bytes that are 300 in UTF-8',
    bytes: () => writeZip([{ name: Buffer.alloc(150, 0x82) }]),
    ours: 'refused',
    pythons: ['3.6', '3.11'],
  },
  {
    name: 'a path of 3,840 bytes',
    bytes: names(`${`${long(127)}/`.repeat(29)}${long(128)}`),
    ours: 'accepted',
    pythons: [],
  },
  { name: 'a path of 4,224 bytes', bytes: names(`${long(127)}/`.repeat(33)), ours: 'refused', pythons: ALL },
];

const PARTS = ['a', 'b', 'A', '.', '..', '', 'c\\d', 'C:', '\x01', 'é', long(256), 'a\0b'];
const PLAIN = ['a', 'b', 'c', 'é', 'A'];

/** Up to four members with names of a few parts, so that they often meet; encoded in one way or the other. */
export function oddNames(random: () => number): Buffer {
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const parts = random() < 0.6 ? PLAIN : PARTS;
  const members = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, index): TestMember => {
    const path = Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(parts) ?? '').join('/');
    const text = random() < 0.3 ? `${path}/` : path;
    const encoding = Math.floor(random() * 3);
    const data = text.endsWith('/') ? '' : `member ${index}`;
    if (encoding === 0) return { name: text, flags: 0x800, data };
    if (encoding === 1) return { name: text, data };
    return { name: Buffer.from(text.replaceAll('é', '\x82'), 'latin1'), data, flags: random() < 0.1 ? 0x800 : 0 };
  });
  return writeZip(members);
}
