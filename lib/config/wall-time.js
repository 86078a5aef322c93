import { days } from '../base/durations.ts';

const formats = new Map();
function formatOf(timeZone) {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  return format;
}
/** Whether this is an IANA zone that this Node knows, `Europe/Berlin`; not an offset, which knows no daylight saving. */
export function isTimeZone(text) {
  if (!/^[A-Za-z]/.test(text)) return false;
  try {
    formatOf(text);
    return true;
  } catch {
    return false;
  }
}
/** What the clocks of the zone show at an instant, in whole seconds. */
export function wallTimeAt(instant, timeZone) {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}
/**
 * The instants at which the clocks of the zone show this: one; none in the hour that is skipped in spring; two in the
 * hour that is repeated in autumn, the earlier first.
 */
export function instantsOf(wall, timeZone) {
  // Offsets are between -12 h and +14 h and change by an hour or so: those a day before and after are all there can be.
  const offsets = new Set(
    [-days(1), days(1)].map((span) => {
      const near = new Date(wall.getTime() + span);
      return wallTimeAt(near, timeZone).getTime() - near.getTime();
    }),
  );
  return [...offsets]
    .map((offset) => new Date(wall.getTime() - offset))
    .filter((instant) => wallTimeAt(instant, timeZone).getTime() === wall.getTime())
    .sort((a, b) => a.getTime() - b.getTime());
}
