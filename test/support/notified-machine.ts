import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from './clock.ts';
import { commandLine } from './command-line.ts';
import { TargetServers } from './target-servers.ts';

export type NotifiedMachine = Awaited<ReturnType<typeof notifiedMachine>>;

/** A folder with a manager's password and the address of notification targets, and the command line in front of them. */
export async function notifiedMachine() {
  const clock = new VirtualClock(new Date().toISOString());
  const options = { password: 'canary-Passw0rd', createSeconds: 0, now: clock.now, archive: { sizeBytes: 200_000 } };
  const [servers, manager] = await Promise.all([TargetServers.start(), startSimulatedManager(options)]);
  const dir = await mkdtemp(join(tmpdir(), 'offsite-notified-'));
  const write = async (name: string, text: string) => await writeFile(join(dir, name), text);
  await write('password', 'canary-Passw0rd\n');
  await write('url', `${servers.url()}\n`);
  return {
    ...{ dir, servers, clock, write },
    local: { urls: [manager.urls[0]], username: 'admin', passwordFile: 'password' },
    /** Writes a configuration, and gives its path. */
    async configured(config: object, notifications: object): Promise<string> {
      const all = { allowedHosts: [servers.host], ...notifications };
      await write('offsite.json', JSON.stringify({ version: 2, ...config, notifications: all }));
      return join(dir, 'offsite.json');
    },
    offsite: async (line: string, env: Record<string, string> = {}) =>
      await commandLine(line.split(' '), { terminal: { clock, env } }),
    /** What was posted as JSON. */
    messages: () =>
      servers.hits
        .filter(({ headers }) => headers['content-type']?.startsWith('application/json'))
        .map(({ body }) => JSON.parse(body.toString())),
    forget(): void {
      servers.hits.length = 0;
      servers.mails.length = 0;
    },
    async stop(): Promise<void> {
      await Promise.all([manager.close(), servers.close()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
