import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cdk } from './call.ts';
import { ACCOUNT, type Emulator, REGION } from './emulator.ts';

/** What is deployed: the folder of an assembly. */
export type Assembly = (emulator: Emulator) => Promise<string>;

/** The stack of this repository. The configuration is in `offsite.json` of the emulator's folder. */
export function today(config: object): Assembly {
  return async (emulator) => {
    const file = join(emulator.dir, 'offsite.json');
    await writeFile(file, JSON.stringify(config));
    const app = join(emulator.dir, 'cdk.out');
    await cdk(emulator, 'synth', '--quiet', '--output', app, '--context', `offsite=${file}`);
    return app;
  };
}

/** As version 0.1.0 (db4c006) synthesized it, with its functions. Never made anew: installations stand as it deployed them. */
export const OLDER = fileURLToPath(new URL('../fixtures/stacks/0.1.0', import.meta.url));

/** A copy, because the CDK writes to the folder of an assembly. */
export const older: Assembly = async ({ dir }) => {
  const app = join(dir, 'older');
  await cp(OLDER, app, { recursive: true });
  return app;
};

export async function bootstrap(emulator: Emulator, app: string): Promise<void> {
  await cdk(emulator, 'bootstrap', `aws://${ACCOUNT}/${REGION}`, '--app', app);
}

/** Gives the outputs of the stack. */
export async function deploy(emulator: Emulator, app: string): Promise<{ BucketName: string; TopicArn: string }> {
  const outputs = join(emulator.dir, 'outputs.json');
  await cdk(emulator, 'deploy', '--app', app, '--require-approval', 'never', '--outputs-file', outputs);
  return JSON.parse(await readFile(outputs, 'utf8')).offsite;
}
