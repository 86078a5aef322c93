import metadata from '../../package.json' with { type: 'json' };

/** Name and version of this software, as manifests and reports carry it. The package has a scope; records never had one. */
export const SOFTWARE = `cloudify-offsite ${metadata.version}`;

/** The oldest Node that the command line runs on: undici needs it. */
export const OLDEST_NODE = metadata.engines.node.replace('>=', '');
