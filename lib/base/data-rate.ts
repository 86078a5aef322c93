/** Below this, four spans that share it would each wait so long for one part that the manager hangs up. */
const LEAST = 500_000;
const UNITS: Readonly<Record<string, number>> = {
  ...{ 'B/s': 1, 'kB/s': 1e3, 'KB/s': 1e3, 'MB/s': 1e6, 'GB/s': 1e9 },
  ...{ 'KiB/s': 2 ** 10, 'MiB/s': 2 ** 20, 'GiB/s': 2 ** 30 },
  ...{ 'kbit/s': 125, 'Mbit/s': 125_000, 'Gbit/s': 125_000_000 },
};

/** Completes "… must be". */
export const DATA_RATE = '500KB/s or more, such as 20MB/s, 20MiB/s or 160Mbit/s';

/** `20MB/s`, `20MiB/s`, `160Mbit/s` → bytes a second; undefined: it is none, or too low. */
export function dataRate(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([A-Za-z]+\/s)$/.exec(text) ?? [];
  const rate = Number(digits || Number.NaN) * (UNITS[unit] ?? Number.NaN);
  return rate >= LEAST && Number.isFinite(rate) ? Math.round(rate) : undefined;
}
