import type { ExpireTag } from '../../config/lifecycle.ts';
import { type Html, html } from './escaped.ts';

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `1.4 GiB` */
export function sizeText(bytes: number): string {
  const at = Math.min(SIZES.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 1024 ** at;
  return `${at === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${SIZES[at]}`;
}

/** `3 d 4 h`, `5 h 12 min`, `12 min`, `40 s` */
export function spanText(seconds: number): string {
  const whole = Math.round(seconds);
  const [d, h, m] = [Math.floor(whole / 86_400), Math.floor((whole % 86_400) / 3600), Math.floor((whole % 3600) / 60)];
  if (d >= 10) return `${d} d`;
  if (d >= 1) return h > 0 ? `${d} d ${h} h` : `${d} d`;
  if (h >= 1) return m > 0 ? `${h} h ${m} min` : `${h} h`;
  return m >= 1 ? `${m} min` : `${whole} s`;
}

/** `test succeeded, RTO 12 min` */
export const restoreText = (one: { isTest: boolean; state: string; rtoSeconds: number | null }): string =>
  `${one.isTest ? 'test' : 'recovery'} ${one.state}${one.rtoSeconds === null ? '' : `, RTO ${spanText(one.rtoSeconds)}`}`;

/** Why an archive stays, as a page says it. */
export const STAYS: Readonly<Record<ExpireTag, string>> = {
  ...{ held: 'newest', kept: 'kept', yearly: 'yearly', monthly: 'monthly', weekly: 'weekly', daily: 'daily' },
};

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
export const monthName = (day: string): string => MONTHS[Number(day.slice(5, 7)) - 1] ?? '';

/** `22 Nov 2026` of an ISO date or time. */
export const dayText = (iso: string): string => `${Number(iso.slice(8, 10))} ${monthName(iso)} ${iso.slice(0, 4)}`;

/** `22 Nov 2026, 02:14 UTC` */
export const timeText = (iso: string): string => `${dayText(iso)}, ${iso.slice(11, 16)} UTC`;

export const timeOf = (iso: string, text = timeText(iso)): Html => html`<time datetime="${iso}">${text}</time>`;

/** Never 100 % as long as one is missing. */
export function percentText(share: number | null): string {
  if (share === null) return '–';
  const percent = share * 100;
  return `${percent === 100 ? 100 : Math.min(99.9, Math.floor(percent * 10) / 10)} %`;
}

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
