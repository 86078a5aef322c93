import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shippedPackages } from '../package/build.ts';
import type { LockedPackage } from './lock-file.ts';

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
 * The bill of materials of what is shipped. All packages are for development, as npm sees it: those whose code is bundled are
 * in what is built, so npm lists all and the build decides.
 */
export function productionBom<B extends Bom>(bom: B, shipped: readonly LockedPackage[]): B {
  const refs = new Set(shipped.map(({ name, version }) => `${name}@${version}`));
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
  const bom = productionBom(JSON.parse(text) as Bom, shippedPackages());
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`);
  process.stdout.write(`${file}: ${bom.components.length} components\n`);
}
