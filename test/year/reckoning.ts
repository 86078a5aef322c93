/**
 * The rule of docs/explanation/retention.md once more, day by day and without the product's code: strings of Intl in place of
 * arithmetic, Mondays in place of numbers of weeks, whole days in place of midnights.
 */
export interface Rule {
  readonly timeZone: string;
  readonly held: number;
  readonly days: { readonly daily: number; readonly weekly: number; readonly monthly: number; readonly yearly: number };
  readonly undoDays: number;
}

type Class = keyof Rule['days'];
const DAY_MS = 86_400_000;
const dayNumber = (time: Date) => Math.floor(time.getTime() / DAY_MS);

/** The periods that a time begins or continues, the longest first. */
function periodsOf(time: Date, timeZone: string): [Class, string][] {
  // Sweden writes dates as ISO does.
  const date = time.toLocaleDateString('sv-SE', { timeZone });
  const monday = new Date(`${date}T12:00:00Z`);
  while (monday.getUTCDay() !== 1) monday.setUTCDate(monday.getUTCDate() - 1);
  return [
    ['yearly', `year ${date.slice(0, 4)}`],
    ['monthly', `month ${date.slice(0, 7)}`],
    ['weekly', `week of ${monday.toISOString().slice(0, 10)}`],
  ];
}

interface Archive {
  readonly id: string;
  readonly class: Class;
  readonly stored: number;
  hidden: number | undefined;
}

/** Which archives a person sees, if `expire` runs once a day after the night's export. */
export class Reckoning {
  readonly #rule: Rule;
  readonly #seen = new Set<string>();
  #archives: Archive[] = [];

  constructor(rule: Rule) {
    this.#rule = rule;
  }

  /** A night succeeded: its content is of this time. */
  recorded(id: string, time: Date): void {
    const periods = periodsOf(time, this.#rule.timeZone);
    const first = periods.find(([, name]) => !this.#seen.has(name));
    for (const [, name] of periods) this.#seen.add(name);
    this.#archives.push({ id, class: first?.[0] ?? 'daily', stored: dayNumber(time), hidden: undefined });
  }

  /** A day of S3's work: a term that began in the course of a day is over at the midnight after its last day. */
  expire(now: Date): void {
    const { days, undoDays, held } = this.#rule;
    const today = dayNumber(now);
    const visible = this.#archives.filter(({ hidden }) => hidden === undefined);
    for (const archive of visible.slice(0, Math.max(0, visible.length - held))) {
      if (today > archive.stored + days[archive.class] - undoDays) archive.hidden = today;
    }
    this.#archives = this.#archives.filter(({ hidden }) => hidden === undefined || today <= hidden + undoDays);
  }

  visible(): string[] {
    return this.#archives.filter(({ hidden }) => hidden === undefined).map(({ id }) => id);
  }

  /** With those that can still be brought back. */
  stored(): number {
    return this.#archives.length;
  }
}
