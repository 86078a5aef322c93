import { createReadStream, statSync } from 'node:fs';
import { inspectArchive } from '../lib/snapshot/inspect.ts';

/** Inspects an archive of the disk as InspectArchive does, and says what it cost: `node bench/inspect.ts <archive>`. */
const [path = ''] = process.argv.slice(2);
const source = {
  size: statSync(path).size,
  read: async (start: number, length: number) => createReadStream(path, { start, end: start + length - 1 }),
};
const before = process.cpuUsage();
const { format, uncompressedBytes, inventory } = await inspectArchive(source, path);
const { user, system } = process.cpuUsage(before);
const cpuSeconds = (user + system) / 1e6;
const result = { format, megabytes: uncompressedBytes / 1e6, cpuSeconds, totals: inventory.totals };
process.stdout.write(`${JSON.stringify(result, null, 1)}\n`);
