import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { ApproveInput } from '../../lib/approval/input.ts';
import * as errors from '../../lib/base/errors.ts';
import { METRICS } from '../../lib/base/metric-names.ts';
import { defaults } from '../../lib/base/settings.ts';
import { stepNames } from '../../lib/base/step-names.ts';
import { Manifest } from '../../lib/catalogue/records.ts';
import { type CommandLiteral, type CommandOption, flagOf } from '../../lib/cli/command.ts';
import { commands } from '../../lib/cli/commands.ts';
import { OffsiteConfig } from '../../lib/config/offsite-config.ts';
import { ExportInput } from '../../lib/export/contract.ts';
import * as deployedErrors from '../../lib/installation/errors.ts';
import { FINDINGS } from '../../lib/lint/finding.ts';
import { ReconcileInput } from '../../lib/reconcile/contract.ts';
import { FINDINGS as RECONCILED } from '../../lib/reconcile/findings.ts';
import { RestoreInput } from '../../lib/restore/input.ts';
import { RestoreEvidence } from '../../lib/restore/prove/evidence-record.ts';
import { DEFAULT_SAMPLE, VerifyInput } from '../../lib/verification/input.ts';
import { loadMachine } from '../../lib/workflow/definition.ts';
import { steps } from '../../lib/workflow/steps.ts';
import { draw, PICTURES } from '../../tools/draw-machine.ts';
import { drawNarrowOverview, drawOverview } from '../../tools/draw-overview.ts';
import { permissionsPage } from '../../tools/list-permissions.ts';
import { graphOf, type Machine } from '../../tools/machine-graph.ts';
import { WHO_MAY } from '../../tools/who-may.ts';
import { commandPages } from '../../tools/write-commands.ts';
import { errorPages } from '../../tools/write-error-pages.ts';
import { HELP as VERIFY_AWS } from '../verify-aws/wanted.ts';

const root = new URL('../..', import.meta.url).pathname;
const read = (path: string) => readFile(join(root, path), 'utf8');
const pages = [
  ...(await readdir(root)).filter((f) => f.endsWith('.md')),
  ...(await readdir(join(root, 'docs'), { recursive: true })).filter((f) => f.endsWith('.md')).map((f) => `docs/${f}`),
];
const texts = new Map(await Promise.all(pages.map(async (page) => [page, await read(page)] as const)));
const textOf = (page: string) => texts.get(page) ?? '';

/** The text without what stands between fences. */
const prose = (text: string) => text.replaceAll(/^ *```[\s\S]*?^ *```/gm, '');
/** Names in the first cells of tables: `| `Name` | …` */
const firstCells = (text: string) => [...text.matchAll(/^\| `([^`]+)` +\|/gm)].flatMap((m) => m[1] ?? []);
/** From a heading that begins so to the next of its depth. */
const section = (text: string, heading: string) =>
  text.split(/^(?=## )/m).find((part) => part.startsWith(heading)) ?? '';

test.each(PICTURES)('the picture of $name is what the script draws of the machine as it is now', async (picture) => {
  expect(await read(`docs/pictures/${picture.name}.svg`)).toBe(draw(picture));
});

test('the overview is what its script draws', async () => {
  expect(await read('docs/pictures/overview.svg')).toBe(drawOverview());
  expect(await read('docs/pictures/overview-narrow.svg')).toBe(drawNarrowOverview());
});

test.each([
  ['overview', drawOverview],
  ['overview-narrow', drawNarrowOverview],
])('no two lines of %s are on top of each other', (_, draw) => {
  const at = [...draw().matchAll(/<text x="([\d.]+)" y="([\d.]+)"/g)].map(([, x, y]) => [x, Number(y)] as const);
  expect(at.length).toBeGreaterThan(10);
  for (const [i, [x, y]] of at.entries())
    for (const [otherX, otherY] of at.slice(i + 1)) if (x === otherX) expect(Math.abs(y - otherY)).toBeGreaterThan(13);
});

test('every state machine has a picture, but for those of one or two steps', async () => {
  const files = (await readdir(join(root, 'statemachines'))).filter((file) =>
    /^(?!reconcile|report|approve|decide|diagnose|digest).*\.json$/.test(file),
  );
  expect(PICTURES.map(({ name }) => `${name}.asl.json`).sort()).toEqual(files.sort());
});

test.each(PICTURES)('a state of $name that the picture would not show is an error, not a gap', ({ name }) => {
  const machine = loadMachine(name) as Machine;
  const more = { ...machine, States: { ...machine.States, Forgotten: { Type: 'Pass', Next: 'Failed' } } };
  expect(() => graphOf(more)).toThrow('The picture would not show Forgotten.');
});

/** As GitHub makes them of headings. */
function anchorsOf(text: string): Set<string> {
  const headings = [...prose(text).matchAll(/^#+ (.+)$/gm)].map((m) => m[1] ?? '');
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
  return new Set(headings.map(slug));
}

test.each(pages)('%s: every relative link and anchor leads somewhere', async (page) => {
  const links = [...prose(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap((m) => m[1] ?? []);
  for (const link of links.filter((l) => !/^https?:/.test(l))) {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? page : join(dirname(page), file);
    await expect(stat(join(root, target)), `${page}: ${link}`).resolves.toBeDefined();
    if (anchor) expect([...anchorsOf(await read(target))], `${page}: ${link}`).toContain(anchor);
  }
});

const flagsIn = (text: string) => new Set(text.match(/(?<![\w-])--[a-z][a-z0-9-]*/g));
const flagsOf = ({ options }: CommandLiteral) => options.map(flagOf);
/** Without the commands of others, each to the end of its line and of those that it goes on in. */
const withoutOthers = (text: string) =>
  text.replaceAll(/\b(?:aws|jq|sha256sum|git|cdk|npm|npx cdk|docker|systemctl) (?:\\\n|[^\n`])*/g, '');

test('every flag in the documentation exists', () => {
  // Of curl, of bsdtar, of timeout, of the vendor's client, of cdk, of Node.
  const foreign = [
    '--cacert',
    '--format',
    '--foreground',
    '--all-tenants',
    '--strict',
    '--max-old-space-size',
    '--experimental-sea-config',
  ];
  const known = new Set([...commands.flatMap(flagsOf), '--help', '--version', ...foreign, ...flagsIn(VERIFY_AWS)]);
  for (const [page, text] of texts) {
    expect(
      [...flagsIn(withoutOthers(text))].filter((flag) => !known.has(flag)),
      page,
    ).toEqual([]);
  }
});

test('docs/how-to/verify-in-aws.md explains every option of npm run verify:aws', async () => {
  expect([...flagsIn(withoutOthers(await read('docs/how-to/verify-in-aws.md')))].sort()).toEqual(
    [...flagsIn(VERIFY_AWS)].sort(),
  );
});

test.each(commands)('a page about the command line leads to the reference of offsite $name', ({ name, see }) => {
  const link = `commands/${name}.md)`;
  expect([...texts].filter(([, text]) => text.includes(link)).map(([page]) => page)).not.toEqual([]);
  expect(texts.has(`docs/${see.split('#')[0]}`), see).toBe(true);
});

test('docs/reference/commands is what tools/write-commands.ts makes of the literals as they are now', () => {
  const written = [...texts].filter(([page]) => page.startsWith('docs/reference/commands/'));
  const made = [...commandPages()].map(([file, text]) => [`docs/reference/commands/${file}`, text]);
  expect(Object.fromEntries(written)).toEqual(Object.fromEntries(made));
});

test('docs/reference/configuration.md has every variable of the environment, and no other', async () => {
  const names = (text: string) => [...new Set(text.match(/\bOFFSITE_[A-Z0-9_]+/g))].sort();
  expect(names(textOf('docs/reference/configuration.md'))).toEqual(names(await read('lib/lambda/runtime.ts')));
  const ofOptions = commands.flatMap(({ options }) => options.flatMap((one: CommandOption) => one.env ?? []));
  const known = [...names(await read('lib/lambda/runtime.ts')), ...ofOptions];
  // Variables of tests are in CONTRIBUTING.md.
  for (const [page, text] of texts)
    if (page !== 'CONTRIBUTING.md') expect(known, page).toEqual(expect.arrayContaining(names(text)));
});

/** `managers[].drill.onto` and so on, with what a schema says in place of what is left out. */
function fieldsOf(schema: unknown, prefix = ''): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return fieldsOf(schema.unwrap(), prefix);
  if (schema instanceof z.ZodArray && schema.element instanceof z.ZodObject)
    return [prefix, ...fieldsOf(schema.element, `${prefix}[]`)];
  if (schema instanceof z.ZodUnion) {
    const parts = schema.options.filter((one) => one instanceof z.ZodObject);
    return [prefix, ...parts.flatMap((one) => fieldsOf(one, prefix))];
  }
  if (!(schema instanceof z.ZodObject)) return [prefix];
  return Object.entries(schema.shape).flatMap(([key, value]) => fieldsOf(value, prefix ? `${prefix}.${key}` : key));
}

test('docs/reference/local.md has every variable that gives an option, and its example is a configuration', () => {
  const rows = [...textOf('docs/reference/local.md').matchAll(/^\| `(OFFSITE_\w+)` \| ((?:`--[\w-]+`(?: and )?)+)/gm)];
  const explained = rows.flatMap(([, name, flags = '']) => (flags.match(/--[\w-]+/g) ?? []).map((f) => `${name} ${f}`));
  const given = commands.flatMap(({ options }) =>
    options.flatMap((one: CommandOption) => (one.env === undefined ? [] : `${one.env} ${flagOf(one)}`)),
  );
  expect(explained.sort()).toEqual([...new Set(given)].sort());
  const [example = ''] = jsonBlocks(textOf('docs/reference/local.md'));
  expect(OffsiteConfig.parse(JSON.parse(example)).managers[0]?.local).toBeDefined();
});

test('docs/reference/configuration.md explains every field of an installation with its default, and its example is one', () => {
  const text = section(textOf('docs/reference/configuration.md'), '## Fields of the file');
  expect(firstCells(text)).toEqual(fieldsOf(OffsiteConfig));
  const example = JSON.parse(jsonBlocks(text)[0] ?? '') as object;
  const config = OffsiteConfig.parse({
    managers: [
      { id: 'prod', drill: { onto: 'lab' } },
      { id: 'lab', drillTarget: false },
    ],
    storage: { objectLock: { days: 1 } },
    local: {},
  });
  expect(OffsiteConfig.safeParse(example).success).toBe(true);
  const defaultsInText = [...text.matchAll(/^\| `([^`]+)` \| `([^`]+)` \|/gm)].filter(([, , value]) =>
    isJson(value ?? ''),
  );
  expect(defaultsInText.length).toBeGreaterThan(20);
  for (const [, path = '', value = ''] of defaultsInText) {
    const steps = path.replace('[]', '.0').split('.');
    const applied = steps.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], config);
    expect(applied, path).toEqual(JSON.parse(value));
  }
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('docs/reference/configuration.md has every finding of the policy lint, and how grave it is', () => {
  const text = section(textOf('docs/reference/configuration.md'), '## The policy lint');
  const rows = [...text.matchAll(/^\| `(\w+)` \| (refuse|warn) \|/gm)].map(([, name, severity]) => [name, severity]);
  expect(rows).toEqual(Object.entries(FINDINGS));
});

test('docs/reference/configuration.md has every metric with its meaning', () => {
  const text = section(textOf('docs/reference/configuration.md'), '## Metrics');
  const rows = [...text.matchAll(/^\| `(\w+)` \| (.+) \|$/gm)].map(([, name, meaning]) => [name, meaning]);
  expect(rows).toEqual(Object.entries(METRICS));
});

test('docs/reference/configuration.md explains every setting, and the memory and time of every step', () => {
  const text = textOf('docs/reference/configuration.md');
  expect(firstCells(section(text, '## Settings'))).toEqual(Object.keys(defaults));
  const rows = section(text, '## Memory').split('\n');
  for (const name of stepNames) {
    const cells = rows.find((row) => new RegExp(`\\b${name}\\b`).test(row))?.split('|') ?? [];
    expect([Number.parseInt(cells[2] ?? '', 10), Number(cells[3])], name).toEqual([
      steps[name].memoryMB,
      steps[name].timeoutSeconds,
    ]);
  }
});

test('docs/reference/permissions.md is what tools/list-permissions.ts makes of the table of steps as it is now', () => {
  const page = textOf('docs/reference/permissions.md');
  // test/stack/who-may.test.ts compares the table of rights, which takes a synthesized stack.
  const owners = page.slice(page.indexOf(WHO_MAY), page.indexOf('## What each step may do') - 1);
  expect(page).toBe(permissionsPage(owners));
});

test('docs/reference/errors.md has every error, and no other', () => {
  const classes = Object.keys(errors).filter((name) => name !== 'OffsiteError');
  // Not errors of a run: the command line's own.
  const own = ['UsageError', ...Object.keys(deployedErrors)];
  expect(firstCells(textOf('docs/reference/errors.md')).sort()).toEqual([...classes, ...own].sort());
});

test('each error has its page, as tools/write-error-pages.ts makes it of docs/reference/errors.md', async () => {
  const made = await errorPages();
  const pagesThere = pages.filter((page) => page.startsWith('docs/reference/errors/'));
  expect(pagesThere.map((page) => page.slice('docs/reference/errors/'.length)).sort()).toEqual([...made.keys()].sort());
  for (const [file, text] of made) expect(textOf(`docs/reference/errors/${file}`), file).toBe(text);
});

/** `manager.id` and so on; a record of anything ends the path. */
function pathsOf(schema: unknown, prefix = ''): string[] {
  const inner = schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? schema.unwrap() : schema;
  if (!(inner instanceof z.ZodObject)) return [prefix];
  return Object.entries(inner.shape).flatMap(([key, value]) => pathsOf(value, prefix ? `${prefix}.${key}` : key));
}

test('docs/reference/manifest.md explains every field of a manifest, and its example is one', () => {
  const [explained = '', example = ''] = textOf('docs/reference/manifest.md').split('## Example');
  expect(firstCells(explained)).toEqual(pathsOf(Manifest));
  const json = /```json\n([\s\S]*?)```/.exec(example)?.[1] ?? '';
  expect(() => Manifest.parse(JSON.parse(json))).not.toThrow();
});

const jsonBlocks = (text: string) => [...text.matchAll(/^ *```json\n([\s\S]*?)^ *```/gm)].map((m) => m[1] ?? '');

test('docs/reference/restore-input.md explains every field with its default, and its examples are inputs', () => {
  const input = textOf('docs/reference/restore-input.md');
  expect(firstCells(input)).toEqual(Object.keys(RestoreInput.shape));
  // What a field is when it is left out; no default stands in the schema, as each step fills in its own.
  const defaults = [...input.matchAll(/^\| `(\w+)` \| `("\w+"|true|false)` \|/gm)];
  expect(defaults.length).toBeGreaterThan(6);
  for (const [, name = '', value = ''] of defaults) {
    const given = { manager: 'm', [name]: JSON.parse(value) as unknown };
    // The one that needs another.
    const wanted = name === 'noReboot' ? { ...given, restoreCertificates: true } : given;
    expect(RestoreInput.safeParse(wanted).success, name).toBe(true);
  }
  const examples = jsonBlocks(section(textOf('docs/how-to/restore.md'), '## Starting it')).map(
    (json) => JSON.parse(json) as unknown,
  );
  expect(examples.length).toBeGreaterThan(2);
  for (const example of examples)
    expect(RestoreInput.safeParse(example).error, JSON.stringify(example)).toBeUndefined();
});

test('docs/explanation/verify.md explains every field of the input with its default, and its example is one', () => {
  const input = section(textOf('docs/explanation/verify.md'), '## The input');
  expect(firstCells(input)).toEqual(Object.keys(VerifyInput.shape));
  expect(/^\| `sample` \| `(\d+)` \|/m.exec(input)?.[1]).toBe(String(DEFAULT_SAMPLE));
  const examples = jsonBlocks(input).map((json) => JSON.parse(json) as unknown);
  expect(examples.length).toBeGreaterThan(0);
  for (const example of [...examples, {}]) expect(VerifyInput.safeParse(example).error).toBeUndefined();
});

test('docs/explanation/reconcile.md explains every field of the input, docs/reference/findings.md every finding: what it means and whether it is mended', () => {
  const text = textOf('docs/explanation/reconcile.md');
  expect(firstCells(section(text, '## What it gets'))).toEqual(Object.keys(ReconcileInput.shape));
  const rows = [
    ...textOf('docs/reference/findings.md').matchAll(/^\| `(\w+)` \| ([^|]+) \| (yes|no) \| [^|]{10,} \|$/gm),
  ];
  const explained = rows.map(([, name, means, mended]) => [name, { means, mends: mended === 'yes' }]);
  expect(explained).toEqual(Object.entries(RECONCILED));
  const mended = Object.entries(RECONCILED).flatMap(([name, { mends }]) => (mends ? name : []));
  expect(firstCells(section(text, '## What it repairs'))).toEqual(mended);
});

test('docs/reference/restore-report.md explains every field, and its example is one', () => {
  const [explained = '', example = ''] = textOf('docs/reference/restore-report.md').split('## Example');
  expect(firstCells(explained)).toEqual(pathsOf(RestoreEvidence));
  expect(RestoreEvidence.safeParse(JSON.parse(jsonBlocks(example)[0] ?? '')).error).toBeUndefined();
});

test('what the runbook and the secret say to paste into a restore is an input', () => {
  const runbook = pages.filter((page) => page.startsWith('docs/runbook/')).map(textOf);
  const inputs = runbook.flatMap((text) => [...text.matchAll(/`(\{ "manager": [^`]+\})`/g)].map((m) => m[1] ?? ''));
  const blocks = jsonBlocks(textOf('docs/runbook/restore-in-five-minutes.md'));
  expect(inputs.length).toBeGreaterThan(0);
  expect(blocks.length).toBeGreaterThan(0);
  for (const json of [...inputs, ...blocks])
    expect(RestoreInput.safeParse(JSON.parse(json)).error, json).toBeUndefined();
});

test.each([
  ['## Export', ExportInput, 3],
  ['## Restore', RestoreInput, 3],
  ['## Approval', ApproveInput, 2],
  ['## Verification', VerifyInput, 1],
] as const)('what docs/how-to/console.md says to paste under "%s" is an input', (heading, schema, least) => {
  const blocks = jsonBlocks(section(textOf('docs/how-to/console.md'), heading));
  expect(blocks.length).toBeGreaterThanOrEqual(least);
  for (const json of blocks) expect(schema.safeParse(JSON.parse(json)).error, json).toBeUndefined();
});

test('docs/how-to/console.md explains every field of the input of an export', () => {
  const text = section(textOf('docs/how-to/console.md'), '## Export');
  expect(firstCells(text)).toEqual(Object.keys(ExportInput.shape));
});

async function sources(folder: string): Promise<string[]> {
  const found = await readdir(join(root, folder), { recursive: true });
  return await Promise.all(found.filter((f) => /\.(ts|json)$/.test(f)).map((f) => read(join(folder, f))));
}

test('docs/reference/managers.md and docs/explanation/hazards.md have every fact that a comment in the code refers to', async () => {
  const code = (await Promise.all(['lib', 'functions', 'statemachines'].map(sources))).flat().join('\n');
  const text = textOf('docs/reference/managers.md') + textOf('docs/explanation/hazards.md');
  const cells = [...text.matchAll(/^\| ([^|]+?) +\|/gm)].map((m) => m[1]);
  const sections = [...code.matchAll(/contract\.md ((?:(?:, )?§\d+(?:\.\d+)?)+)/g)].flatMap(
    (m) => m[1]?.split(', ') ?? [],
  );
  expect(sections.length).toBeGreaterThan(10);
  for (const cited of sections) expect(text, cited).toMatch(new RegExp(`^##+ ${cited.replaceAll('.', '\\.')} `, 'm'));
  for (const [, hazard] of code.matchAll(/\b(K\d{1,2})\b/g)) expect(cells, hazard).toContain(hazard);
  const complaints = [...code.matchAll(/complaints? (\d+(?:(?:-|, )\d+)*)/g)].flatMap((m) => m[1] ?? []);
  for (const cited of complaints) expect(cells, `complaint ${cited}`).toContain(cited);
});
