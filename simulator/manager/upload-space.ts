import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ByteSource } from '../archive/byte-source.ts';
import { bytesOf, fileSource } from '../archive/tampered.ts';

/** Uploads up to this size stay in memory; archives of some hundred MB must not. */
const LARGEST_IN_MEMORY = 8 * 1024 * 1024;

/** Where one manager puts what is uploaded: memory, and a folder of temporary files for what is big. */
export class UploadSpace {
  readonly #closing = new AbortController();
  #folder: string | undefined;
  #files = 0;

  /** Fires when the manager is closed: fetches that are still under way end there. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  newFile(): UploadedFile {
    return new UploadedFile(() => this.#newPath());
  }

  #newPath(): string {
    this.#closing.signal.throwIfAborted();
    this.#folder ??= mkdtempSync(join(tmpdir(), 'simulated-manager-'));
    this.#files += 1;
    return join(this.#folder, String(this.#files));
  }

  close(): void {
    this.#closing.abort();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * One upload as it comes in. Written synchronously: a stream that fails throws away what it still holds, and how much of
 * a truncated archive is stored must not depend on who was faster.
 */
export class UploadedFile {
  readonly #newPath: () => string;
  #chunks: Buffer[] = [];
  #size = 0;
  #disk: { readonly path: string; readonly descriptor: number } | undefined;

  constructor(newPath: () => string) {
    this.#newPath = newPath;
  }

  get size(): number {
    return this.#size;
  }

  write(chunk: Buffer): void {
    this.#size += chunk.length;
    this.#chunks.push(chunk);
    if (this.#size <= LARGEST_IN_MEMORY) return;
    this.#disk ??= this.#open();
    for (const one of this.#chunks.splice(0)) writeFileSync(this.#disk.descriptor, one);
  }

  #open(): { path: string; descriptor: number } {
    const path = this.#newPath();
    return { path, descriptor: openSync(path, 'w', 0o600) };
  }

  /** Nothing more comes. */
  async finish(): Promise<ByteSource> {
    if (this.#disk === undefined) return bytesOf(Buffer.concat(this.#chunks));
    closeSync(this.#disk.descriptor);
    return fileSource(this.#disk.path);
  }

  discard(): void {
    this.#chunks = [];
    if (this.#disk === undefined) return;
    closeSync(this.#disk.descriptor);
    rmSync(this.#disk.path, { force: true });
  }
}

export async function keep(chunks: AsyncIterable<Buffer>, space: UploadSpace): Promise<ByteSource> {
  const file = space.newFile();
  try {
    for await (const chunk of chunks) file.write(chunk);
  } catch (error) {
    file.discard();
    throw error;
  }
  return file.finish();
}
