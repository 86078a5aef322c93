import * as z from 'zod';

/** The fields that a schema has at a path, for suggestions: those of every alternative. */
export function knownFields(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const here = bare(schema);
  if (here instanceof z.ZodUnion)
    return [...new Set(here.options.flatMap((one: z.core.$ZodType) => knownFields(one, path)))];
  const [name, ...rest] = path;
  if (here instanceof z.ZodArray) return name === undefined ? [] : knownFields(here.element, rest);
  if (!(here instanceof z.ZodObject)) return [];
  if (name === undefined) return Object.keys(here.shape);
  const field = here.shape[String(name)];
  return field === undefined ? [] : knownFields(field, rest);
}

function bare(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodNullable ||
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodPrefault
  )
    inner = inner.unwrap();
  return inner;
}
