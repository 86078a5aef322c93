import metadata from '../../package.json' with { type: 'json' };

/** Name and version of this software, as manifests and reports carry it. */
export const SOFTWARE = `${metadata.name} ${metadata.version}`;
