import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LockedPackage, lockedPackages } from './lock-file.ts';

interface Component {
  readonly 'bom-ref': string;
}
interface Dependency {
  readonly ref: string;
  readonly dependsOn?: readonly string[];
}
export interface Bom {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
}

/**
 * The bill of materials of what runs in production. `npm sbom --omit dev` leaves out every package that a development
 * package needs as well (seen with npm 11: 15 components of 68), so npm lists all and the lock file decides.
 */
export function productionBom<B extends Bom>(bom: B, packages: readonly LockedPackage[]): B {
  const installed = packages.filter(({ isDevelopment }) => !isDevelopment);
  const refs = new Set(installed.map(({ name, version }) => `${name}@${version}`));
  refs.add(bom.metadata.component['bom-ref']);
  return {
    ...bom,
    components: bom.components.filter((component) => refs.has(component['bom-ref'])),
    dependencies: bom.dependencies
      .filter(({ ref }) => refs.has(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) })),
  };
}

/** Writes it as CycloneDX 1.5 (JSON). `npm run sbom [-- FILE]` */
if (import.meta.main) {
  const root = new URL('../../', import.meta.url);
  const file = process.argv[2] ?? fileURLToPath(new URL('dist/sbom.cdx.json', root));
  const text = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const bom = productionBom(JSON.parse(text) as Bom, lockedPackages(new URL('package-lock.json', root)));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`);
  process.stdout.write(`${file}: ${bom.components.length} components\n`);
}
