import { afterAll, beforeAll } from 'vitest';
import { Deployment } from './deployment.ts';
import { exportTests } from './exports.ts';
import { freezeTests, functionTests } from './functions.ts';
import { installationTests, scheduleTests } from './installation.ts';
import { operatorTests } from './operator.ts';
import { reportTests } from './report.ts';
import { restoreTests, verifyTests } from './restores.ts';

// One installation, one story: what a test leaves behind is where the next begins, as with an installation of a user.
let deployment: Deployment;
const aws = () => deployment;

beforeAll(async () => {
  deployment = await Deployment.start();
});
afterAll(async () => await deployment?.stop());

exportTests(aws);
scheduleTests(aws);
freezeTests(aws);
verifyTests(aws);
restoreTests(aws);
operatorTests(aws);
reportTests(aws);
functionTests(aws);
installationTests(aws);
