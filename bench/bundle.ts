import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Bundles programs of this folder as functions are bundled, so that what starts and runs is what would be deployed. */
export async function bundlePrograms(outdir: string, names: readonly string[]): Promise<void> {
  await build({
    entryPoints: names.map((name) => fileURLToPath(new URL(name, import.meta.url))),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'error',
  });
}
