import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure as measureAssembly } from '../lib/cdk/measure.ts';
import { measure } from './measure.ts';

export interface Synth {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakRss: number;
  readonly templates: number;
  /** Of the largest template. */
  readonly bytes: number;
  readonly resources: number;
  /** Of all templates. */
  readonly allResources: number;
  /** Of the role whose policies are longest, in characters. */
  readonly policy: number;
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** So many managers in a VPC, in groups of 60: what docs/reference/configuration.md recommends for many. */
export const manyManagers = (count: number) => ({
  version: 2,
  managers: Array.from({ length: count }, (_, at) => ({ id: `m${at}`, group: `g${Math.floor(at / 60)}` })),
  network: { subnetIds: ['subnet-0123456789abcdef0'], securityGroupIds: ['sg-0123456789abcdef0'] },
  notifications: { emails: ['ops@example.com'] },
});

/** What `cdk synth` of a configuration takes, and how large what it writes is. */
export async function synthOf(config: object): Promise<Synth> {
  const folder = await mkdtemp(join(tmpdir(), 'offsite-synth-'));
  try {
    const [file, out] = [join(folder, 'offsite.json'), join(folder, 'out')];
    await writeFile(file, JSON.stringify(config));
    const cdk = `cd '${root}' && node_modules/.bin/cdk synth --quiet --no-notices --no-version-reporting`;
    const taken = await measure(`${cdk} --context offsite='${file}' --output '${out}'`);
    return { ...taken, ...(await sizesIn(out)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sizesIn(out: string): Promise<Omit<Synth, 'seconds' | 'cpuSeconds' | 'peakRss'>> {
  const templates = (await readdir(out)).filter((name) => name.endsWith('.template.json'));
  const sizes = await Promise.all(templates.map(async (name) => (await stat(join(out, name))).size));
  const measured = measureAssembly(out);
  const resources = measured.filter(({ unit }) => unit === 'resources').map(({ size }) => size);
  const policies = measured.filter(({ what }) => what.startsWith('The policies of role')).map(({ size }) => size);
  return {
    templates: templates.length,
    bytes: Math.max(...sizes),
    resources: Math.max(...resources),
    allResources: resources.reduce((sum, one) => sum + one, 0),
    policy: Math.max(...policies),
  };
}
