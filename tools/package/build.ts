import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, buildSync, type Metafile } from 'esbuild';
import { buildFunctions, REQUIRE, root } from '../../lib/cdk/build-functions.ts';
import { BUILT_FUNCTIONS } from '../../lib/cdk/bundle.ts';
import { PAGE_FILE } from '../../lib/report/page/assets.ts';
import { buildPage } from '../../lib/report/page/build-page.ts';
import { type LockedPackage, lockedPackages } from '../supply-chain/lock-file.ts';
import { constructTypes } from './construct-types.ts';
import { notices } from './notices.ts';
import { packagesIn } from './packages-in.ts';

const LEFT_OUT = './tools/package/left-out.ts';

/** The program of threads is a file of its own (lib/local/span-thread.ts). */
const CLI = [
  { in: 'bin/offsite.ts', out: 'offsite' },
  { in: 'lib/local/span-worker.ts', out: 'span-worker' },
];

/** JavaScript of one entry and the chunks that it loads, all in one folder: paths in it are as deep as in the sources. */
function build(folder: string, options: Pick<BuildOptions, 'entryPoints' | 'external' | 'write'>): Metafile {
  const { metafile } = buildSync({
    ...options,
    outdir: join(root, 'dist', folder),
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    alias: { 'asl-validator': LEFT_OUT, '@aws-sdk/credential-providers': LEFT_OUT },
    // Names of classes are names of errors.
    keepNames: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    legalComments: 'none',
    // A quarter of it would be blanks; what is left can still be read with its names.
    minifyWhitespace: true,
    logLevel: 'error',
    metafile: true,
    banner: { js: REQUIRE },
  });
  return metafile;
}

/** The app and the construct use the CDK of whoever deploys. */
const external = ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs'];
const CDK = [
  { in: 'bin/app.ts', out: 'app' },
  { in: 'lib/cdk/cloudify-offsite.ts', out: 'cloudify-offsite' },
];

/** The command line, the app and the construct for CDK, and the functions in `dist/`. Gives what went into each. */
function buildPackage(write: boolean): Metafile[] {
  return [
    build('cli', { entryPoints: CLI, write }),
    build('cdk', { entryPoints: CDK, external, write }),
    buildFunctions(join(root, BUILT_FUNCTIONS), write).metafile,
  ];
}

/** The packages whose code is in ours, so that whoever installs it gets them. Writes nothing. */
export const shippedPackages = (write = false): LockedPackage[] =>
  packagesIn(buildPackage(write), lockedPackages(join(root, 'package-lock.json')));

if (import.meta.main) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const shipped = shippedPackages(true);
  const page = JSON.stringify(buildPage());
  for (const folder of ['dist/cli', BUILT_FUNCTIONS]) writeFileSync(join(root, folder, PAGE_FILE), page);
  writeFileSync(join(root, 'dist', 'NOTICES.txt'), notices(root, shipped));
  writeFileSync(join(root, 'dist', 'cdk', 'cloudify-offsite.d.ts'), constructTypes(root));
}
