import type { Occasion } from '../base/ports.ts';
import { printable } from '../base/printable.ts';
import { oneLine, type Redactor } from '../base/redact.ts';

/** What is to be said, before it is written for a target. No text of it has control or direction marks any more. */
export interface Message {
  readonly subject: string;
  readonly occasion: Occasion;
  /** One sentence or two. */
  readonly text: string;
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly notes: readonly string[];
  /** The whole report, for programs. */
  readonly report: Readonly<Record<string, unknown>>;
  /** ISO time. */
  readonly at: string;
}

const MOST_TEXT = 2000;
/** A digest has one for each manager that needs somebody. */
const MOST_NOTES = 50;
const MOST_NOTE = 500;

/** Fields of reports that a person wants to see, in this order. */
const FACTS: readonly (readonly [string, (report: Readonly<Record<string, unknown>>) => unknown])[] = [
  ['Manager', ({ manager }) => manager],
  ['Error', ({ error }) => error],
  ['Snapshot', ({ snapshot }) => snapshot],
  ['Restore', ({ restore }) => restore],
  ['Archive', ({ archive }) => fieldOf(archive, 'key')],
  ['Bytes', ({ archive }) => fieldOf(archive, 'size')],
  ['Evidence', ({ evidence }) => evidence],
  ['Report', ({ report, key }) => (report === undefined ? undefined : key)],
  ['Execution', ({ execution }) => execution],
];

const fieldOf = (value: unknown, field: string): unknown =>
  value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[field] : undefined;

/** The report of a run as a message. Every sentence goes through the redactor, which has the addresses of targets. */
export function messageOf(
  subject: string,
  report: Readonly<Record<string, unknown>>,
  { occasion, at, redactor }: { occasion: Occasion; at: string; redactor: Redactor },
): Message {
  const say = (text: unknown, most: number) => oneLine(redactor.clean(String(text)), most);
  const { message = '', notes = [] } = report as { message?: unknown; notes?: unknown };
  return {
    subject: say(subject, 200),
    occasion,
    text: cut(printable(redactor.clean(String(message))), MOST_TEXT),
    facts: FACTS.flatMap(([label, find]) => {
      const value = find(report);
      // Names are not redacted: a password that is an everyday word must not blank out a key.
      return value === undefined || value === null ? [] : [[label, oneLine(String(value), 300)] as const];
    }),
    notes: (Array.isArray(notes) ? notes : []).slice(0, MOST_NOTES).map((note) => say(note, MOST_NOTE)),
    report: saidIn(report, (text) => redactor.clean(text)),
    at,
  };
}

const cut = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** Fields of reports that hold sentences, at any depth. */
const SENTENCES = new Set(['message', 'notes', 'reason']);

/** A report with its sentences redacted, and nothing in it that steers a terminal or a reader's eye. */
function saidIn<T>(value: T, clean: (text: string) => string): T {
  if (typeof value === 'string') return printable(value) as T;
  if (Array.isArray(value)) return value.map((item) => saidIn(item, clean)) as T;
  if (value === null || typeof value !== 'object') return value;
  const fields = Object.entries(value).map(([key, item]) => [
    key,
    saidIn(SENTENCES.has(key) ? cleaned(item, clean) : item, clean),
  ]);
  return Object.fromEntries(fields) as T;
}

function cleaned(value: unknown, clean: (text: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => cleaned(item, clean));
  return typeof value === 'string' ? clean(value) : value;
}
