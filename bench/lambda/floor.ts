import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTool } from '../tools.ts';

/** Builds floor.c into `dir` and gives the program; undefined without a C compiler or the headers of OpenSSL and zlib. */
export function buildFloor(dir: string): string | undefined {
  const compiler = findTool('cc');
  if (!compiler) return undefined;
  const program = join(dir, 'floor');
  const source = fileURLToPath(new URL('floor.c', import.meta.url));
  try {
    const flags = ['-O2', '-D_GNU_SOURCE', '-o', program, source, '-lssl', '-lcrypto', '-lz'];
    execFileSync(compiler.path, flags, { stdio: 'pipe' });
    return program;
  } catch {
    return undefined;
  }
}
