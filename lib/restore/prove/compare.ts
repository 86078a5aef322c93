import type { Content } from '../../manager/content.ts';
import { CORE_TYPES, type Inventory, MANAGER_TYPES, TENANT_TYPES } from '../../snapshot/inventory.ts';
import type { Difference, Verification } from '../course.ts';

/** A manager writes more of them all the time, and a dump may leave them out. */
const NEVER = ['events', 'logs'] as const;

const MAX_LISTED = 50;
const MAX_IN_WORDS = 5;

export interface Comparison {
  readonly compared: readonly string[];
  readonly notCompared: readonly string[];
  /** Over all tenants first, then tenant by tenant. */
  readonly differences: readonly Difference[];
  /** How many tenants were compared by name. */
  readonly tenants: number;
}

/**
 * What an archive holds against what a manager holds: number by number, over all tenants and tenant by tenant. A tenant
 * that is on one side only is one difference, of the type `tenants`. `from`: the version that the archive is of.
 */
export function compareContent(archive: Inventory, manager: Content, from?: string): Comparison {
  const isShown = (type: string) => !manager.unavailable.includes(type);
  const shown = [...MANAGER_TYPES, ...TENANT_TYPES].filter(isShown);
  const numbers = shown.filter((type) => type !== 'users' || !isButForReporters(archive, manager, from));
  const totals = numbers.map((type) => differenceOf(null, type, archive.totals[type], manager.totals[type]));
  const isNamed = isShown('tenants') && !manager.totalsOnly?.includes('tenants');
  const byTenant = isNamed ? compareTenants(archive, manager, TENANT_TYPES.filter(isShown)) : [];
  const differences = [...totals, ...compareExecutions(archive, manager), ...byTenant];
  return {
    compared: [...shown, 'executions'].filter(isShown),
    notCompared: whatIsNotCompared(archive, manager),
    differences: differences.filter(({ archive: one, manager: other }) => one !== other),
    tenants: isNamed ? Object.keys(archive.tenants).length : 0,
  };
}

/** Users that 5.0.5 makes for itself, and no other version: they are in its archives. */
const REPORTERS = 3;

/**
 * Whether the users agree once those are left out: later managers remove them from what they restore, and 5.0.5 keeps its
 * own (cloudify-manager, snapshots/postgres.py `_get_status_reporter_deletes`, `restore_status_reporters`).
 */
function isButForReporters(archive: Inventory, manager: Content, from = ''): boolean {
  const [inArchive = 0, onManager = 0] = [archive.totals['users'], manager.totals['users']];
  const own = onManager - ((manager.builtInUsers ?? 1) - 1);
  return own === inArchive || (from.startsWith('5.0.5') && own === inArchive - REPORTERS);
}

/**
 * The dump leaves out the execution that made the snapshot (contract.md §10.1), and the manager adds that of the restore
 * and has some of its own: only fewer than the archive's, less one, are a difference.
 */
function compareExecutions(archive: Inventory, manager: Content): Difference[] {
  if (manager.unavailable.includes('executions')) return [];
  const difference = differenceOf(null, 'executions', archive.totals['executions'], manager.totals['executions']);
  return difference.manager < difference.archive - 1 ? [difference] : [];
}

function compareTenants(archive: Inventory, manager: Content, types: readonly string[]): Difference[] {
  const counted = types.filter((type) => !manager.totalsOnly?.includes(type));
  const missing = Object.keys(archive.tenants).filter((name) => !Object.hasOwn(manager.tenants, name));
  // Those that the archive has and its list left out cannot be told from those that it has not.
  const added = archive.truncated
    ? []
    : Object.keys(manager.tenants).filter((name) => !Object.hasOwn(archive.tenants, name));
  const both = Object.entries(archive.tenants).filter(([name]) => Object.hasOwn(manager.tenants, name));
  return [
    ...missing.map((tenant) => differenceOf(tenant, 'tenants', 1, 0)),
    ...added.map((tenant) => differenceOf(tenant, 'tenants', 0, 1)),
    ...both.flatMap(([tenant, counts]) =>
      counted.map((type) => differenceOf(tenant, type, counts[type], manager.tenants[tenant]?.[type])),
    ),
  ];
}

function whatIsNotCompared(archive: Inventory, manager: Content): string[] {
  const areTenantsKnown = !manager.totalsOnly?.includes('tenants');
  const onlyTotals = (manager.totalsOnly ?? []).filter((type) => (TENANT_TYPES as readonly string[]).includes(type));
  return [
    ...manager.unavailable,
    ...NEVER,
    ...(areTenantsKnown ? [] : ['anything by tenant']),
    ...onlyTotals.map((type) => `${type} by tenant`),
    ...(archive.truncated ? ['tenants that the list of the archive leaves out'] : []),
  ];
}

function differenceOf(tenant: string | null, type: string, archive = 0, manager = 0): Difference {
  return { tenant, type, archive, manager };
}

/** What speaks for or against a restore beside the numbers. */
export interface Circumstances {
  readonly format: 'legacy' | 'new';
  /** Errors that the manager logged for the restore; undefined when it does not tell. */
  readonly entityErrors: number | undefined;
  readonly allowPartial: boolean;
}

/** The word on a restore. A new-format one leaves out what it cannot make and still ends well, so errors count as well. */
export function verdictOf(
  comparison: Comparison,
  { format, entityErrors, allowPartial }: Circumstances,
): Pick<
  Verification,
  'outcome' | 'accepted' | 'message' | 'compared' | 'notCompared' | 'differences' | 'differenceCount' | 'entityErrors'
> {
  const { compared, notCompared, differences } = comparison;
  const errors = entityErrors ?? 0;
  // Over what was there already, a restore that made nothing agrees as well: only the log could tell.
  const isUnproven = format === 'new' && (errors > 0 || entityErrors === undefined);
  const isPartial = differences.length > 0 || isUnproven;
  const unsaid = entityErrors === undefined ? ['errors in the log of the restore'] : [];
  return {
    outcome: isPartial ? 'partial' : 'complete',
    accepted: isPartial && allowPartial,
    message: `${wordsOf(comparison)}${wordsOfErrors(entityErrors, format, differences.length === 0)}`,
    compared: compared.slice(0, MAX_LISTED),
    notCompared: [...notCompared, ...unsaid].slice(0, MAX_LISTED),
    differences: differences.slice(0, MAX_LISTED).map((one) => ({ ...one, tenant: shortened(one.tenant) })),
    differenceCount: differences.length,
    entityErrors: errors,
  };
}

function wordsOf({ compared, differences, tenants }: Comparison): string {
  if (differences.length === 0) {
    const where = tenants > 0 ? ` in ${counted(tenants, 'tenant')}` : '';
    return `All ${compared.length} types${where} agree with the archive.`;
  }
  const first = differences
    .slice(0, MAX_IN_WORDS)
    .map((one) => inWords({ ...one, tenant: shortened(one.tenant) }))
    .join('; ');
  const more = differences.length - MAX_IN_WORDS;
  const isOrAre = differences.length === 1 ? 'is' : 'are';
  return `There ${isOrAre} ${counted(differences.length, 'difference')} to the archive: ${first}${more > 0 ? `; and ${more} more` : ''}.`;
}

function inWords({ tenant, type, archive, manager }: Difference): string {
  if (tenant === null) return `${type} ${manager} instead of ${archive}`;
  if (type !== 'tenants') return `${type} of tenant ${tenant} ${manager} instead of ${archive}`;
  return manager === 0 ? `tenant ${tenant} is missing` : `tenant ${tenant} is not of the archive`;
}

function wordsOfErrors(errors: number | undefined, format: Circumstances['format'], agrees: boolean): string {
  if (errors === undefined && format === 'new')
    return ' The manager does not show its log of this restore, which alone says what was left out.';
  if (errors === undefined || errors === 0) return '';
  const logged = ` The manager logged ${counted(errors, 'error')} for this restore`;
  if (format === 'legacy' || !agrees) return `${logged}.`;
  return `${logged}, so something was left out that the numbers do not show: look at its log.`;
}

/** Bytes of a tenant's name in JSON: 50 differences must fit a state, twice, and managers allow 256 characters. */
const MAX_NAME = 120;

function shortened(name: string | null): string | null {
  const size = (text: string) => Buffer.byteLength(JSON.stringify(text)) - 2;
  if (name === null || size(name) <= MAX_NAME) return name;
  const characters = [...name].slice(0, MAX_NAME);
  while (size(`${characters.join('')}…`) > MAX_NAME) characters.pop();
  return `${characters.join('')}…`;
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

/** The totals that are compared, for the record; a manager has only those of its core types. */
export function coreTotals({ totals }: Pick<Content, 'totals'>): Record<string, number> {
  return Object.fromEntries(CORE_TYPES.flatMap((type) => (type in totals ? [[type, totals[type] ?? 0]] : [])));
}
