import { randomBytes } from 'node:crypto';
import { Redactor } from '../lib/base/redact.ts';
import { defaults } from '../lib/base/settings.ts';
import { newAgent } from '../lib/manager/agent.ts';
import { ArchiveReader } from '../lib/manager/archive-reader.ts';
import { ManagerHttp } from '../lib/manager/http.ts';
import { copyParts } from '../lib/transfer/copy-parts.ts';
import { PartBuffers } from '../lib/transfer/part-buffers.ts';
import { partRange } from '../lib/transfer/part-plan.ts';
import { RangeServer } from '../test/support/range-server.ts';
import { type Target, target } from './table.ts';

const MiB = 1024 ** 2;
const partSize = 4 * MiB;
const size = 128 * MiB;

/** Bytes that are sent twice when every span loses its connection one byte before a part is whole: the worst case. */
export async function wastedBytes(): Promise<Target[]> {
  const targets: Target[] = [];
  for (const spans of [1, 4]) {
    const wasted = await wastedBy(spans);
    const parts = wasted / partSize / spans;
    targets.push(target(`dropped connections, ${spans} spans: parts sent twice per span`, '≤ 1', parts, parts <= 1));
  }
  return targets;
}

async function wastedBy(spans: number): Promise<number> {
  const server = new RangeServer(randomBytes(size));
  const node = await server.start();
  const agent = newAgent(undefined, 'archives');
  const use = {
    settings: defaults,
    signal: new AbortController().signal,
    redactor: new Redactor(),
    agent: () => agent,
  };
  const http = new ManagerHttp('m1', node, { endpoints: [node], token: 'x', tenant: 'default_tenant' }, use);
  const reader = new ArchiveReader(http, 'offsite-20261122T020000Z', async () => undefined);
  const buffers = new PartBuffers((spans + 2) * partSize);
  const stored = new Set<number>();
  const share = size / partSize / spans;
  const copySpan = async (index: number): Promise<void> => {
    const numbers = Array.from({ length: share }, (_, i) => index * share + i + 1).filter((one) => !stored.has(one));
    const parts = numbers.map((number) => ({ number, ...partRange({ size, partSize }, number) }));
    const pinned = { size, etag: '"a-1"', ranges: true };
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const put = async ({ number }: { number: number }) => void stored.add(number);
    await copyParts((take) => reader.pour(pinned, parts[0]?.start ?? 0, length, take), parts, put, {
      buffers,
      partSize,
    });
  };
  const indexes = Array.from({ length: spans }, (_, i) => i);
  for (const index of indexes) server.cutAt.add((index * share + 3) * partSize - 1);
  await Promise.allSettled(indexes.map(copySpan));
  await Promise.all(indexes.map(copySpan));
  await agent.destroy();
  server.stop();
  return server.served.reduce((sum, { sent }) => sum + sent, 0) - size;
}
