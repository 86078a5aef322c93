import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { OffsiteConfig } from '../../lib/config/offsite-config.ts';

type Schema = z.core.JSONSchema.BaseSchema;
type Meanings = ReadonlyMap<string, string>;

/**
 * The declarations of `@cloudify-offsite/offsite/cdk`. Whoever installs the package has no zod, so the type of the
 * configuration is written out, each field with its meaning from docs/reference/configuration.md.
 */
export function constructTypes(root: string): string {
  const schema = z.toJSONSchema(OffsiteConfig, { io: 'input' });
  const meanings = meaningsIn(readFileSync(join(root, 'docs', 'reference', 'configuration.md'), 'utf8'));
  return `import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

/** The configuration of an installation (docs/reference/configuration.md of this package). */
export interface CloudifyOffsiteProps ${typeOf(schema, '', '', meanings)}

/** One installation: everything that exports, keeps, restores and watches the managers of a configuration. */
export declare class CloudifyOffsite extends Construct {
  /** Of archives and records. */
  readonly bucket: IBucket;
  /** Of bucket, secrets and topic. */
  readonly key: IKey;
  /** Of reports, failures and alarms. */
  readonly topic: ITopic;
  constructor(scope: Construct, id: string, props: CloudifyOffsiteProps);
}
`;
}

/** By field, from the rows of its table: field, default, meaning. */
function meaningsIn(markdown: string): Meanings {
  const rows = markdown.matchAll(/^\| `([\w.[\]]+)` \| ([^|]+) \| ([^|]*) \|$/gm);
  return new Map(
    [...rows].map(([, path = '', byDefault = '', meaning = '']) => [
      path,
      `${meaning === '' ? '' : `${meaning}. `}Default: ${byDefault}.`.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1').trim(),
    ]),
  );
}

function typeOf(schema: Schema, path: string, indent: string, meanings: Meanings): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return unionOf(schema.enum.map((value) => JSON.stringify(value)));
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return unionOf(either.map((one) => typeOf(one as Schema, path, indent, meanings)));
  if (Array.isArray(schema.type)) {
    return unionOf((schema.type as Schema['type'][]).map((type) => typeOf({ type } as Schema, path, indent, meanings)));
  }
  if (schema.type === 'array') {
    const items = schema.items as Schema;
    const item = typeOf(items, `${path}[]`, indent, meanings);
    const isUnion = ((items.anyOf ?? items.oneOf ?? items.enum)?.length ?? 0) > 1;
    return `readonly ${isUnion ? `(${item})` : item}[]`;
  }
  if (schema.type === 'object') return objectOf(schema, path, indent, meanings);
  return schema.type === 'integer' ? 'number' : (schema.type ?? 'unknown');
}

const unionOf = (types: readonly string[]) => [...new Set(types)].join(' | ');

function objectOf(schema: Schema, path: string, indent: string, meanings: Meanings): string {
  if (!schema.properties) {
    const [names, values] = [schema.propertyNames, schema.additionalProperties].map((one) =>
      typeOf(one as Schema, path, indent, meanings),
    );
    return names === 'string'
      ? `{ readonly [name: string]: ${values} }`
      : `{ readonly [of in ${names}]?: ${values} | undefined }`;
  }
  const inner = `${indent}  `;
  const fields = Object.entries(schema.properties).flatMap(([name, field]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const meaning = meanings.get(at);
    const isRequired = schema.required?.includes(name) === true;
    const type = typeOf(field as Schema, at, inner, meanings);
    return [
      ...(meaning ? [`${inner}/** ${meaning} */`] : []),
      `${inner}readonly ${name}${isRequired ? '' : '?'}: ${type}${isRequired ? '' : ' | undefined'};`,
    ];
  });
  return `{\n${fields.join('\n')}\n${indent}}`;
}
