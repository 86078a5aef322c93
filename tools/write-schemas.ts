/** Writes schemas/, JSON Schemas of the configuration, of stored records and of what commands print with --json. */
import { mkdir, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import { documents } from './schemas/documents.ts';

/** File names below schemas/ and what is in them. Patterns of zod that JSON Schema has no word for are left out. */
export function schemaFiles(): Map<string, string> {
  return new Map(
    Object.entries(documents).map(([name, { title, schema, io }]) => {
      const made = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' });
      const { $schema, ...rest } = made;
      const text = JSON.stringify({ $schema, $id: `urn:cloudify-offsite:${name}`, title, ...rest }, null, 2);
      return [`${name}.json`, `${text}\n`];
    }),
  );
}

if (import.meta.main) {
  const folder = new URL('../schemas/', import.meta.url);
  await mkdir(folder, { recursive: true });
  for (const [name, text] of schemaFiles()) await writeFile(new URL(name, folder), text);
}
