import { readdir, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { type Node, parse } from 'acorn';

/** A text of the source that a person may read: an error, a line of the log, `--help`, a notification, the report page. */
export interface SourceText {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** Folders of the product. The simulator speaks as a Cloudify Manager does, so its words are the manager's. */
const FOLDERS = ['lib', 'functions', 'folder-s3', 'bin'];

export async function sourceFiles(root: string): Promise<string[]> {
  const lists = FOLDERS.map(async (folder) => {
    const files = await readdir(join(root, folder), { recursive: true });
    return files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts')).map((file) => `${folder}/${file}`);
  });
  return (await Promise.all(lists)).flat().sort();
}

/** One word is a name, a key or a code; two words are a sentence for somebody. */
const isProse = (text: string) => /\S\s+\S/.test(text) && /\p{L}/u.test(text);

/** Tags of HTML with their attributes are no text. */
const withoutTags = (text: string) => text.replaceAll(/<\/?[a-z][^<>]*>/gi, ' ');

export async function sourceTexts(file: string): Promise<SourceText[]> {
  // Types become spaces, so each place is that of the file.
  const code = stripTypeScriptTypes(await readFile(file, 'utf8'));
  const found: SourceText[] = [];
  const visit = (node: Node): void => {
    if (node.type === 'ImportDeclaration') return;
    const text = textOf(node);
    if (text !== undefined && isProse(text) && node.loc)
      found.push({ line: node.loc.start.line, column: node.loc.start.column + 1, text: withoutTags(text) });
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child);
  };
  visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true, locations: true }));
  return found;
}

function textOf(node: Node): string | undefined {
  const { value } = node as Node & { readonly value?: unknown };
  if (node.type === 'Literal' && typeof value === 'string') return value;
  if (node.type !== 'TemplateLiteral') return undefined;
  // One text, whatever is filled in.
  const { quasis } = node as Node & { readonly quasis: readonly { readonly value: { readonly cooked?: string } }[] };
  return quasis.map((part) => part.value.cooked ?? '').join('…');
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Node>).type === 'string';
