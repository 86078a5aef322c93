import { spawn } from 'node:child_process';
import type { Terminal } from './usage.ts';

const OPENERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Shows a file with what the system opens pages with. False: there is no desktop, or nothing that opens pages. */
export async function showInBrowser(file: string, { env = {}, show }: Terminal): Promise<boolean> {
  if (show) return await show(file);
  const opener = OPENERS[process.platform];
  // Without a display xdg-open takes whatever text browser it finds, on the terminal of whoever asked.
  if (!opener && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return false;
  const [command, ...args] = opener ?? ['xdg-open'];
  return await new Promise<boolean>((done) => {
    const child = spawn(command, [...args, file], { stdio: 'ignore', detached: true });
    child.once('error', () => done(false));
    child.once('spawn', () => {
      child.unref();
      done(true);
    });
  });
}
