import type { Terminal } from '../usage.ts';

/**
 * A time for a person: on the clocks of this machine with their zone, and in UTC, as everything is recorded:
 * `2026-11-30 19:00 CET (18:00 UTC)`. Where the machine is in UTC, once: `2026-11-30 18:00 UTC`. JSON has ISO times.
 */
export function localTime(iso: string, { timeZone = 'UTC' }: Pick<Terminal, 'timeZone'>): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const utc = minuteIn(at, 'UTC');
  const zone = nameOf(timeZone, at);
  if (zone === 'UTC') return `${utc} UTC`;
  const here = minuteIn(at, timeZone);
  const isSameDay = here.slice(0, 10) === utc.slice(0, 10);
  return `${here} ${zone} (${isSameDay ? utc.slice(11) : utc} UTC)`;
}

/** The day on the clocks of this machine: `2026-11-30`. Whoever shows days says once whose (`zoneText`). */
export function localDay(iso: string, { timeZone = 'UTC' }: Pick<Terminal, 'timeZone'>): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : minuteIn(at, timeZone).slice(0, 10);
}

/** `of Europe/Berlin`, `in UTC` */
export function zoneText({ timeZone = 'UTC' }: Pick<Terminal, 'timeZone'>): string {
  return timeZone === 'UTC' ? 'in UTC' : `of ${timeZone}`;
}

/** ISO times within a sentence that was made for records as well, each as `localTime` has it. */
export function withLocalTimes(text: string, terminal: Pick<Terminal, 'timeZone'>): string {
  return text.replace(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z\b/g, (iso) =>
    localTime(iso.replace(' ', 'T'), terminal),
  );
}

/** `2026-11-30 19:00` */
function minuteIn(at: Date, timeZone: string): string {
  if (timeZone === 'UTC') return at.toISOString().slice(0, 16).replace('T', ' ');
  // The Swedes write dates as ISO does.
  return formatOf('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(at);
}

/** `CET`; what neither the British nor the Americans have a name for is `GMT+5:45`. */
function nameOf(timeZone: string, at: Date): string {
  const names = ['en-GB', 'en-US'].map((language) => {
    const parts = formatOf(language, { timeZone, timeZoneName: 'short' }).formatToParts(at);
    return parts.find(({ type }) => type === 'timeZoneName')?.value ?? timeZone;
  });
  const [first = timeZone] = names;
  return names.find((name) => !name.startsWith('GMT')) ?? first;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** One is made in 0.2 ms, and a list of 10,000 archives would make 30,000. */
function formatOf(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${JSON.stringify(options)}`;
  const known = formats.get(key) ?? new Intl.DateTimeFormat(language, options);
  formats.set(key, known);
  return known;
}
