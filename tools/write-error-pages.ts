import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';

/** Writes a page for each error, docs/reference/errors/<name>.md, from the tables of docs/reference/errors.md: `node tools/write-error-pages.ts`. */

const docs = new URL('../docs/reference/', import.meta.url);

interface Row {
  readonly name: string;
  /** Heading of its table. */
  readonly kind: string;
  readonly means: string;
  readonly advice: string;
  readonly retried: string;
}

/** The rows of all tables that have an error's name in the first cell and four cells. */
function rowsOf(page: string): Row[] {
  return page.split(/^## /m).flatMap((section) => {
    const kind = section.slice(0, section.indexOf('\n'));
    return [...section.matchAll(/^\| `(\w+)` \| (.+) \| (.+) \| (.+) \|$/gm)].map(
      ([, name = '', means = '', advice = '', retried = '']) => ({ name, kind, means, advice, retried }),
    );
  });
}

/** Of the links in a cell, seen from a folder below. */
const deeper = (cell: string) =>
  cell.replaceAll(
    /\]\((?!https?:)([^)]+)\)/g,
    (_, to: string) => `](${to.startsWith('#') ? `../errors.md${to}` : `../${to}`})`,
  );

const sentence = (cell: string) => `${cell.replace(/^[a-z]/, (letter) => letter.toUpperCase())}.`;

const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');

/** A cell of links alone names what to read. */
const advised = (cell: string) => (cell.startsWith('[') ? `Read ${cell}.` : sentence(cell));

/** What a machine retries, no command retries that reads archives or looks at a manager before it starts one. */
const BEFORE = `This is for a run that has begun, in AWS or with \`--local\`. Before a run begins on one machine, the manager and the bucket are
tried for one minute at most ([local](../local.md#before-it-begins)). Other commands, such as \`list\` and \`doctor\`, have shorter limits.`;

/** `11 times in 35 min, jitter; in CleanUp once after 5 s`: one budget a line. */
function again(retried: string): string {
  if (retried === 'no') return 'Nothing: the run ends with this error at once.';
  const lines = retried.split('; ').map((budget) => `- ${budget.replace(/, jitter$/, ', with jitter')}`);
  return `Before a run fails with this error, it was tried again:\n\n${lines.join('\n')}\n\n${BEFORE}`;
}

function pageOf({ name, kind, means, advice, retried }: Row): string {
  return `# ${name}

Kind: [${kind}](../errors.md#${anchorOf(kind)}). The message next to the name says which manager or archive it is about.

## What happened

${sentence(deeper(means))}

## What to do

${advised(deeper(advice))}

## What was tried again

${again(retried)}
`;
}

/** Each page by its file name. */
export async function errorPages(): Promise<ReadonlyMap<string, string>> {
  const rows = rowsOf(await readFile(new URL('errors.md', docs), 'utf8'));
  return new Map(rows.map((row) => [`${row.name}.md`, pageOf(row)]));
}

if (import.meta.main) {
  const folder = new URL('errors/', docs);
  const pages = await errorPages();
  await mkdir(folder, { recursive: true });
  for (const old of await readdir(folder)) if (!pages.has(old)) await rm(new URL(old, folder));
  for (const [file, text] of pages) await writeFile(new URL(file, folder), text);
}
