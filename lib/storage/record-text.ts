import type * as z from 'zod';
import { RecordConflict, RecordForged } from '../base/errors.ts';
import { isModestJson } from '../base/modest-json.ts';
import { runbookPage } from '../base/runbook.ts';
import { describeIssues } from '../base/zod-issues.ts';
import { isSignedKey } from './layout.ts';
import type { Seal, Standing } from './seal.ts';

/** `any`: a forged record is given as well, for whoever has been told and insists. */
export type Accepts = 'genuine' | 'any';

/**
 * A record that is there and says nothing that can be relied on: cut off, changed, not JSON, of a later version, of
 * something else than its key says. The message has its key, why, and what to do. A `RecordConflict`, also by its name.
 */
export class UnreadableRecord extends RecordConflict {}

/** What a person can do about a record that is lost; what it said of its archive is then said anew by the next run. */
export const ADVICE = 'It cannot be read. Move it away, or bring back the version before.';

/** The text of a record as storage has it. `where` names it in messages; `at`: when storage got it. */
export interface RecordText {
  readonly key: string;
  readonly text: string;
  readonly where: string;
  readonly at: Date | undefined;
}

/** Throws `UnreadableRecord`, `RecordForged`. */
export async function recordIn<T extends z.ZodType>(
  { key, text, where, at }: RecordText,
  schema: T,
  { seal, accepts }: { readonly seal: Seal | undefined; readonly accepts: Accepts },
): Promise<{ value: z.infer<T>; standing: Standing | undefined }> {
  const json = parseJson(text, where);
  const value = parse(json, schema, where);
  const standing = seal && isSignedKey(key) ? await seal.judge(key, json as object, at) : undefined;
  if (standing?.state === 'forged' && accepts === 'genuine') throw forged(where, standing.why);
  return { value, standing };
}

/** Whoever may write could put anything there. A manifest of 200 tenants has 1 MB. */
export const MOST_RECORD_BYTES = 16 * 1024 ** 2;

function parseJson(text: string, where: string): unknown {
  if (!isModestJson(text)) throw new UnreadableRecord(`${where} has more values than any record. ${ADVICE}`);
  try {
    return JSON.parse(text);
  } catch {
    throw new UnreadableRecord(`${where} is not JSON. ${ADVICE}`);
  }
}

function parse<T extends z.ZodType>(json: unknown, schema: T, where: string): z.infer<T> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw new UnreadableRecord(
    `${where} is not a record that this version knows: ${describeIssues(result.error)}. ${ADVICE} If a later version of cloudify-offsite wrote it, use that version.`,
  );
}

/** Who may have written it is a question for people, so nothing is done with it meanwhile. */
function forged(where: string, why: string): RecordForged {
  return new RecordForged(`${where} ${why} Find out who wrote it: ${runbookPage('a-record-is-forged')}.`);
}
