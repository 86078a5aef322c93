import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { startSimulatedManager } from '../../../simulator/manager/server.ts';
import { EXIT, parseFlags, parseSize, parseWhole, type Terminal, UsageError } from '../usage.ts';

const flags = {
  port: { type: 'string' },
  host: { type: 'string' },
  version: { type: 'string' },
  archive: { type: 'string' },
  size: { type: 'string' },
  username: { type: 'string' },
  password: { type: 'string' },
  nodes: { type: 'string' },
  'create-seconds': { type: 'string' },
  'restore-seconds': { type: 'string' },
  holds: { type: 'string' },
  tls: { type: 'boolean' },
  'ca-out': { type: 'string' },
} as const;

/** Runs a simulated manager until it is interrupted. */
export async function simulateManagerCommand(args: string[], { out, interrupt }: Terminal): Promise<number> {
  const given = parseFlags('simulate-manager', args, flags);
  if (given.archive !== undefined && given.size !== undefined) throw new UsageError('Give either --archive or --size.');
  if (given['ca-out'] !== undefined && !given.tls) throw new UsageError('--ca-out needs --tls.');
  const { archive, size, version, host, username = 'admin', password = 'admin' } = given;
  const manager = await startSimulatedManager({
    username,
    password,
    port: parseWhole('port', given.port ?? '0', 0, 65535),
    nodes: parseWhole('nodes', given.nodes ?? '1', 1, 9),
    createSeconds: parseWhole('create-seconds', given['create-seconds'] ?? '5', 0, 86_400),
    restoreSeconds: parseWhole('restore-seconds', given['restore-seconds'] ?? '30', 1, 86_400),
    holds: holdsFrom(given.holds),
    ...(version === undefined ? {} : { version }),
    ...(host === undefined ? {} : { host }),
    ...(archive === undefined ? {} : { archive: { file: archive } }),
    ...(size === undefined ? {} : { archive: { sizeBytes: parseSize('size', size) } }),
    ...(given.tls ? { tls: true as const } : {}),
  });
  try {
    const caFile = given['ca-out'];
    if (caFile !== undefined && manager.caPem) await writeFile(caFile, manager.caPem);
    const ca = caFile === undefined ? '' : ` Its CA is in ${caFile}.`;
    out.write(`Simulated Cloudify Manager at ${manager.urls.join(' and ')}, user ${username}.${ca} Ctrl-C ends it.\n`);
    if (!interrupt.aborted) await once(interrupt, 'abort');
    return EXIT.ok;
  } finally {
    await manager.close();
  }
}

function holdsFrom(text = 'archive'): 'archive' | 'nothing' {
  if (text === 'archive' || text === 'nothing') return text;
  throw new UsageError(`--holds ${text}: must be archive or nothing.`);
}
