/** Daily, half a day from now: a test meets no run that the schedule starts by itself. Emulated ones start theirs, too. */
export const notSoon = (now = new Date()): string => `cron(30 ${(now.getUTCHours() + 12) % 24} * * ? *)`;
