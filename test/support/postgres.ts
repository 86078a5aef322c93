import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = '/usr/lib/postgresql';

/** A PostgreSQL of its own in a folder, without network, that is installed on this machine already. */
export class Postgres {
  readonly #dir: string;
  readonly #bin: string;

  private constructor(dir: string, bin: string) {
    this.#dir = dir;
    this.#bin = bin;
  }

  /** Or why there is none. */
  static async start(): Promise<Postgres | string> {
    const versions = existsSync(ROOT) ? readdirSync(ROOT).sort() : [];
    const bin = join(ROOT, versions.at(-1) ?? '', 'bin');
    if (!existsSync(join(bin, 'initdb'))) return `There is no PostgreSQL under ${ROOT}.`;
    const postgres = new Postgres(mkdtempSync(join(tmpdir(), 'postgres-')), bin);
    try {
      // It refuses to run as root; Debian's package has a user for it.
      if (process.getuid?.() === 0) await run('chown', ['postgres', postgres.#dir]);
      const data = join(postgres.#dir, 'data');
      await postgres.#tool('initdb', [
        '-D',
        data,
        '-U',
        'test',
        '-A',
        'trust',
        '-E',
        'UTF8',
        '--locale=C',
        '--no-sync',
      ]);
      const options = `-F -k ${postgres.#dir} -c listen_addresses=''`;
      await postgres.#tool('pg_ctl', ['-D', data, '-w', '-l', join(postgres.#dir, 'log'), '-o', options, 'start']);
      return postgres;
    } catch (error) {
      await postgres.stop();
      return `PostgreSQL does not start here: ${error instanceof Error ? error.message : error}`;
    }
  }

  /** What psql prints of these files and commands in one transaction; rejects at the first error. */
  async psql(...steps: readonly (string | Buffer)[]): Promise<string> {
    const args = steps.flatMap((step, index) => {
      if (typeof step === 'string') return ['-c', step];
      const file = join(this.#dir, `step-${index}.sql`);
      writeFileSync(file, step, { mode: 0o644 });
      return ['-f', file];
    });
    const { stdout } = await this.#tool('psql', [
      ...[
        '-X',
        '-q',
        '-A',
        '-t',
        '-v',
        'ON_ERROR_STOP=1',
        '--single-transaction',
        '-h',
        this.#dir,
        '-U',
        'test',
        'postgres',
      ],
      ...args,
    ]);
    return stdout;
  }

  async stop(): Promise<void> {
    await this.#tool('pg_ctl', ['-D', join(this.#dir, 'data'), '-m', 'immediate', 'stop']).catch(() => undefined);
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #tool(name: string, args: readonly string[]): Promise<{ stdout: string }> {
    const command = [join(this.#bin, name), ...args];
    const [file = '', ...rest] = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--', ...command] : command;
    return await run(file, rest, { cwd: this.#dir, maxBuffer: 1024 ** 3, env: { ...process.env, LC_ALL: 'C.UTF-8' } });
  }
}
