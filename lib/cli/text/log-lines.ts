import type { Clock } from '../../base/ports.ts';
import type { Terminal } from '../usage.ts';

export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

type Stream = Terminal['err'];

/**
 * Standard error as a log: one line for each line, with its time in UTC, as text or as a JSON object. Nothing is drawn over.
 * `of` gives the log of one manager.
 */
export function logLines(err: Stream, format: LogFormat, clock: Clock, manager?: string): Stream {
  const write = (text: string) => {
    for (const line of text.split('\n').filter((one) => one.trim() !== '')) err.write(`${lineOf(line)}\n`);
  };
  const lineOf = (line: string) => {
    const time = clock.now().toISOString();
    const level = levelOf(line);
    const message = line.trim();
    if (format === 'json')
      return JSON.stringify({ time, level, ...(manager === undefined ? {} : { manager }), message });
    return `${time} ${level.padEnd(5)} ${manager === undefined ? '' : `${manager}: `}${message}`;
  };
  return { write, isTTY: false, of: (name) => logLines(err, format, clock, name) };
}

function levelOf(line: string): 'info' | 'warn' | 'error' {
  if (line.startsWith('offsite: ')) return 'error';
  return line.startsWith('Warning: ') ? 'warn' : 'info';
}
