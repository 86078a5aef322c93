import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { schemaFiles } from '../../tools/write-schemas.ts';

export const files = schemaFiles();

const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false });
addFormats.default(ajv);
const validators = new Map([...files].map(([name, text]) => [name, ajv.compile(JSON.parse(text))]));

/** What an independent validator has against a document, by a schema in schemas/. */
export function problems(name: string, document: unknown): string[] {
  const validate = validators.get(`${name}.json`);
  if (!validate) return [`there is no schema ${name}`];
  validate(document);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
