import { type CalendarDays, type CalendarTimes, calendarTimes } from '../../../config/calendar-times.ts';

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const two = (value: number) => String(value).padStart(2, '0');
const list = (values: readonly number[] | undefined) => values?.map(two).join(',') ?? '*';

/**
 * A schedule as `OnCalendar=` of systemd.time(7), one or more of them. systemd skips a time that spring skips and runs one
 * that autumn repeats once, as EventBridge does. Throws `RangeError`.
 */
export function onCalendar(expression: string, timeZone: string): string[] {
  const times = calendarTimes(expression, timeZone);
  return times.days.map((days) => {
    const { weekdays, date } = dateOf(days, times);
    const time = `${list(times.hours)}:${list(times.minutes)}:${two(times.second)}`;
    return `${weekdays}${date} ${time} ${times.timeZone}`;
  });
}

function dateOf(days: CalendarDays, { months, years }: CalendarTimes): { weekdays: string; date: string } {
  const month = `${years?.join(',') ?? '*'}-${list(months)}`;
  const on = (weekdays: readonly number[]) => `${weekdays.map((day) => WEEKDAYS[day]).join(',')} `;
  switch (days.kind) {
    case 'every':
      return { weekdays: '', date: `${month}-*` };
    case 'dates':
      return { weekdays: '', date: `${month}-${list(days.dates)}` };
    case 'last day':
      return { weekdays: '', date: `${month}~01` };
    case 'weekdays':
      return { weekdays: on(days.weekdays), date: `${month}-*` };
    case 'nth weekday': {
      const first = (days.nth - 1) * 7 + 1;
      return { weekdays: on([days.weekday]), date: `${month}-${two(first)}..${two(Math.min(first + 6, 31))}` };
    }
    // The last seven days of a month hold each weekday once.
    case 'last weekday':
      return { weekdays: on([days.weekday]), date: `${month}~07/1` };
  }
}
