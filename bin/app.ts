import { App } from 'aws-cdk-lib';
import { InvalidConfiguration } from '../lib/base/errors.ts';
import { FLAGS } from '../lib/cdk/flags.ts';
import { loadConfig } from '../lib/cdk/load-config.ts';
import { measure, tooLarge } from '../lib/cdk/measure.ts';
import { OffsiteStack } from '../lib/cdk/offsite-stack.ts';

const app = new App({ context: FLAGS, analyticsReporting: false });
const config = loadConfig(app.node);
// Of no account or region: it is deployed to those of the command line, and synthesized without any.
new OffsiteStack(app, config.name, { config });
const found = tooLarge(measure(app.synth().directory));
if (found.length > 0) throw new InvalidConfiguration(found.map(({ name, message }) => `${name}: ${message}`).join(' '));
