/** Spans of time in milliseconds, as `Date` and timers count: `days(30)`, and of `ms / hours(1)` hours. */
export const seconds = (count) => count * 1000;
export const minutes = (count) => count * seconds(60);
export const hours = (count) => count * minutes(60);
export const days = (count) => count * hours(24);
