import { App } from 'aws-cdk-lib';
import { FLAGS } from '../lib/cdk/flags.ts';
import { loadConfig } from '../lib/cdk/load-config.ts';
import { OffsiteStack } from '../lib/cdk/offsite-stack.ts';

const app = new App({ context: FLAGS, analyticsReporting: false });
const config = loadConfig(app.node);
// Of no account or region: it is deployed to those of the command line, and synthesized without any.
new OffsiteStack(app, config.name, { config });
