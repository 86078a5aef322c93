import { readFileSync } from 'node:fs';

/** A body as the recordings write it: parsed JSON, text, or a description of bytes. */
export type RecordedBody = unknown;

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyType: 'json' | 'text' | 'binary' | 'empty';
  readonly body: RecordedBody;
}

export interface RecordedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly bodyType: 'json' | 'text' | 'binary' | 'empty';
  readonly body: RecordedBody;
}

/** A request that reached the origin of an upload by URL. */
export interface OriginRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An HTTP exchange, or an event: something that happened to the manager from outside. */
export interface Entry {
  readonly n: number;
  readonly by?: string;
  readonly event?: string;
  readonly request?: RecordedRequest;
  readonly response?: RecordedResponse;
  readonly originSaw?: readonly OriginRequest[];
}

export interface Recording {
  readonly file: string;
  readonly placeholders: readonly string[];
  readonly fixtures: ReadonlyMap<string, Buffer>;
  readonly entries: readonly Entry[];
}

interface FileContent {
  readonly placeholders: Readonly<Record<string, string>>;
  readonly exchanges: readonly Entry[];
  readonly fixtures?: Readonly<Record<string, { readonly base64: string }>>;
}

export function readRecording(file: string): Recording {
  const url = new URL(`../fixtures/recordings/${file}.json`, import.meta.url);
  const content = JSON.parse(readFileSync(url, 'utf8')) as FileContent;
  const fixtures = Object.entries(content.fixtures ?? {}).map(
    ([name, { base64 }]) => [name, Buffer.from(base64, 'base64')] as const,
  );
  return {
    file,
    placeholders: Object.keys(content.placeholders),
    fixtures: new Map(fixtures),
    entries: content.exchanges,
  };
}
