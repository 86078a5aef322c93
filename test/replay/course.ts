import type { SimulatedManagerOptions } from '../../simulator/manager/options.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { Placeholders } from './placeholders.ts';
import { type Entry, readRecording } from './recording.ts';
import { send, type WireResponse } from './wire.ts';

/** What a manager with real workers went through, beside what its client asked for. */
export interface Scene {
  readonly manager: SimulatedManagerOptions;
  /** What happens before an exchange. */
  readonly before?: Readonly<Record<number, (manager: SimulatedManager) => unknown>>;
  /** Bytes of an upload by body. */
  readonly upload?: Buffer;
  /** Put into the request of the create by the recording proxy. */
  readonly asksForLegacy?: boolean;
  /** It held what the simulated one holds: lists have as many items, too. */
  readonly holdsTheSame?: boolean;
  /** Exchanges that are left out, with the reason. */
  readonly left?: Readonly<Record<number, string>>;
}

export interface Replayed {
  readonly mismatches: readonly string[];
  /** What was seen of the flag, the execution and the snapshot, each time that it changed: recorded, and here. */
  readonly recorded: Course;
  readonly here: Course;
}

export interface Course {
  readonly flag: string[];
  readonly execution: string[];
  readonly snapshot: string[];
}

/** Answers of a stand-in for the monitoring, which no manager has. */
const REPLACED = /^\/(ok|status|cluster-status)$/;

/**
 * Plays the requests of a recording at the times at which they were made. What depends on how fast a worker is, is
 * compared as a course; every other answer by status, and by its fields where it is JSON.
 */
export async function replayCourse(file: string, scene: Scene): Promise<Replayed> {
  const { entries, placeholders } = readRecording(file);
  const start = Date.parse('2026-11-30T00:00:00Z');
  let now = start;
  const manager = await startSimulatedManager({ version: '7.1.0.dev1', now: () => new Date(now), ...scene.manager });
  const admin = Buffer.from('admin:admin').toString('base64');
  const names = new Placeholders(placeholders, { '<admin>': admin, '<etag:1>': 'another-one' });
  const [recorded, here] = [courseOf(), courseOf()];
  const mismatches: string[] = [];
  try {
    for (const entry of entries as readonly (Entry & { at: number })[]) {
      now = start + entry.at * 1000;
      await scene.before?.[entry.n]?.(manager);
      if (scene.left?.[entry.n] !== undefined || entry.request === undefined || entry.response === undefined) continue;
      const { request, response } = entry;
      const path = names.fill(request.path);
      const answer = await send({
        ...{ url: manager.urls[0] ?? '', method: request.method, path, body: bodyOf(request, scene) },
        headers: headersOf(request.headers, names, bodyOf(request, scene)),
      });
      learn(entry, answer, names);
      const kind = kindOf(request.method, request.path);
      if (kind) {
        note(recorded[kind], response.status, response.body);
        note(here[kind], answer.status, jsonOf(answer));
      } else if (!REPLACED.test(below(request.path))) {
        mismatches.push(
          ...differences(entry, answer, scene).map((text) => `#${entry.n} ${request.method} ${path}: ${text}`),
        );
      }
    }
  } finally {
    await manager.close();
  }
  return { mismatches, recorded, here };
}

const courseOf = (): Course => ({ flag: [], execution: [], snapshot: [] });
const below = (path: string): string => path.replace(/^\/api\/v3\.1/, '').replace(/\?.*$/, '');

function kindOf(method: string, path: string): keyof Course | undefined {
  if (method !== 'GET') return undefined;
  if (below(path) === '/snapshot-status') return 'flag';
  if (/^\/executions\/[^/]+$/.test(below(path))) return 'execution';
  return /^\/snapshots\/[^/]+$/.test(below(path)) ? 'snapshot' : undefined;
}

/** The status of a row, or of the answer. */
function note(course: string[], status: number, body: unknown): void {
  const word = status === 200 ? String((body as { status?: unknown }).status) : String(status);
  if (course.at(-1) !== word) course.push(word);
}

function bodyOf({ method, bodyType, body }: NonNullable<Entry['request']>, scene: Scene): Buffer {
  if (bodyType === 'binary') return scene.upload ?? Buffer.alloc(0);
  if (bodyType !== 'json') return Buffer.alloc(0);
  return Buffer.from(JSON.stringify(method === 'PUT' && scene.asksForLegacy ? { legacy: true } : body));
}

function headersOf(headers: Readonly<Record<string, string>>, names: Placeholders, body: Buffer) {
  const kept = Object.entries(headers).filter(([name]) => !/^(host|connection|content-length)$/i.test(name));
  const length = body.length > 0 ? { 'Content-Length': String(body.length) } : {};
  return { ...Object.fromEntries(kept.map(([name, value]) => [name, names.fill(value)])), ...length };
}

/** The id of the execution that a create or a restore began, and the archive's ETag: later requests name them. */
function learn({ request, response }: Entry, answer: WireResponse, names: Placeholders): void {
  const etag = answer.headers.get('etag')?.[0];
  if (request?.method === 'HEAD' && etag !== undefined) names.learn('<etag:1>', etag.replaceAll('"', ''));
  if (request?.method !== 'PUT' && request?.method !== 'POST') return;
  const [recorded, actual] = [response?.body, jsonOf(answer)].map((json) => (json as { id?: unknown } | undefined)?.id);
  if (typeof recorded === 'string' && recorded.startsWith('<uuid')) names.learn(recorded, String(actual));
}

function differences({ response }: Entry, answer: WireResponse, { holdsTheSame }: Scene): string[] {
  if (response?.status !== answer.status) return [`status ${answer.status} instead of ${response?.status}`];
  if (response.bodyType !== 'json') return [];
  const [recorded, actual] = [response.body, jsonOf(answer)];
  const [want, have] = [fieldsOf(recorded), fieldsOf(actual)];
  const isList = want.includes('[]') || have.includes('[]');
  const fields = want === have || isList ? [] : [`fields ${have} instead of ${want}`];
  const [total, other] = [totalOf(recorded), totalOf(actual)];
  return holdsTheSame && total !== other ? [...fields, `${other} items instead of ${total}`] : fields;
}

const totalOf = (body: unknown): number | undefined =>
  (body as { metadata?: { pagination?: { total?: number } } } | null)?.metadata?.pagination?.total;

/** The names of all fields, and of a list those of its first item. */
function fieldsOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${fieldsOf(value[0])}]`;
  if (typeof value !== 'object' || value === null) return '';
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${name}${fieldsOf(field)}`).join()}}`;
}

function jsonOf({ body }: WireResponse): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
