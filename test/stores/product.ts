import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../lib/cli/main.ts';
import { startSimulatedManager } from '../../simulator/manager/server.ts';
import type { ProductResult } from '../../tools/store-matrix.ts';
import { ACCESS } from './stores.ts';

/** The commands that a person uses, one after another on one bucket: `ok`, or what was said on standard error. */
export async function tryProduct(url: string, bucket: string): Promise<ProductResult> {
  const dir = await mkdtemp(join(tmpdir(), 'offsite-product-'));
  let ahead = 0;
  const clock = {
    now: () => new Date(Date.now() + ahead),
    sleep: async (ms: number) => {
      ahead += ms;
    },
  };
  const usual = { now: clock.now, password: 'secret-secret', createSeconds: 0, restoreSeconds: 5 };
  const source = await startSimulatedManager({ ...usual, archive: { sizeBytes: 12 * 1024 * 1024 } });
  const target = await startSimulatedManager({ ...usual, holds: 'nothing' });
  const password = join(dir, 'password');
  await writeFile(password, 'secret-secret');
  const at = (urls: readonly string[]) => [
    ...['--manager-url', urls[0] ?? '', '--username', 'admin', '--password-file', password],
  ];
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: ACCESS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ACCESS.secretAccessKey,
  });
  const offsite = async (...words: string[]): Promise<string> => {
    const [out, err]: [string[], string[]] = [[], []];
    const code = await main([...words, '--local', '--manager', 'm1', '--s3-endpoint', url, '--bucket', bucket], {
      out: { write: (text) => void out.push(text) },
      err: { write: (text) => void err.push(text), isTTY: false, columns: 100 },
      interrupt: new AbortController().signal,
      signing: { stateFolder: dir },
      clock,
    });
    if (code === 0) return 'ok';
    const lines = err
      .join('')
      .split('\n')
      .filter((text) => text.startsWith('offsite:'));
    const [line = out.join('').slice(0, 300)] = lines;
    return `exit code ${code}: ${line.replace('offsite: ', '').replaceAll(url, 'URL')}`;
  };
  try {
    return {
      export: await offsite('export', ...at(source.urls)),
      again: await offsite('export', ...at(source.urls)),
      list: await offsite('list'),
      verify: await offsite('verify', '--all'),
      reconcile: await offsite('reconcile'),
      restore: await offsite('restore', ...at(target.urls)),
    };
  } finally {
    await Promise.all([source.close(), target.close()]);
    await rm(dir, { recursive: true });
  }
}
