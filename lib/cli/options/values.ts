import { isIP } from 'node:net';
import { DATA_RATE, dataRate } from '../../base/data-rate.ts';
import { UNITS, UsageError } from '../usage.ts';

/** How the text of an option becomes its value. Each throws `UsageError`, which names the flag. */
type Parse<T> = (text: string, flag: string) => T;

/** A whole number within bounds. */
export function whole(least: number, most: number): Parse<number> {
  return (text, flag) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new UsageError(`${flag} ${text}: must be a whole number from ${least} to ${most}.`);
  };
}

/** `10%` or `10` → 10, a whole number from 1 to 100. */
export const percent: Parse<number> = (text, flag) => whole(1, 100)(text.replace(/%$/, ''), flag);

/** `2GiB` → 2147483648 */
export const size: Parse<number> = (text, flag) => {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([KMGT]iB|B)?$/.exec(text) ?? [];
  const bytes = Number(digits || Number.NaN) * (UNITS[unit] ?? Number.NaN);
  if (Number.isFinite(bytes) && bytes > 0) return Math.round(bytes);
  throw new UsageError(`${flag} ${text}: not a size. Write 64MiB or 2GiB.`);
};

/** `20MB/s`, `20MiB/s`, `160Mbit/s` → bytes a second. */
export const rate: Parse<number> = (text, flag) => {
  const bytes = dataRate(text);
  if (bytes !== undefined) return bytes;
  throw new UsageError(`${flag} ${text}: must be ${DATA_RATE}.`);
};

/** A date, from its beginning in UTC, or an ISO time. */
export const time: Parse<Date> = (text, flag) => {
  const value = new Date(text);
  if (/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text) && !Number.isNaN(value.getTime())) {
    return value;
  }
  throw new UsageError(`${flag} ${text}: is no date such as 2027-01-31, nor a time such as 2027-01-31T02:00:00Z.`);
};

/** `2026-11` */
export const month: Parse<string> = (text, flag) => {
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return text;
  throw new UsageError(`${flag} ${text}: is no month such as 2026-11.`);
};

/** Free text for a record. */
export const shortText: Parse<string> = (text, flag) => {
  if (text.length <= 500) return text;
  throw new UsageError(`${flag}: 500 characters at most.`);
};

/** Without a port any that is free: `::1`, `[::1]:9000`, `127.0.0.1`, `0.0.0.0:9000`. */
export const listenAddress: Parse<Address> = (text, flag) => {
  if (isIP(text) !== 0) return { host: text, port: 0 };
  const bare = /^\[([0-9a-fA-F:.]+)\]$/.exec(text)?.[1];
  if (bare !== undefined && isIP(bare) === 6) return { host: bare, port: 0 };
  if (/^[A-Za-z][A-Za-z0-9.-]*$/.test(text)) return { host: text, port: 0 };
  return address(text, flag);
};

/** Where a server listens. */
export interface Address {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** `9464`, `0.0.0.0:9464`, `[::1]:9464` */
export const address: Parse<Address> = (text, flag) => {
  const [, bracketed, name, digits = ''] =
    /^(?:(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits !== '' && port <= 65_535) return { host: bracketed ?? name ?? '127.0.0.1', port };
  throw new UsageError(
    `${flag} ${text}: must be a port, or a host and a port, such as 9464, 0.0.0.0:9464 or [::1]:9464.`,
  );
};
