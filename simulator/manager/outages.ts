import type { Exchange } from './exchange.ts';
import { crash, failure, notFound, type Refusal } from './reply.ts';

const NO_COLUMN = 'sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedColumn) column does not exist';

/** What a REST service says while the schema changes under it, in this order and over again (contract §7.4 step 4). */
const IN_FLUX: readonly ((id: string) => Refusal)[] = [
  () => crash(NO_COLUMN),
  () => failure(409, 'storage_error', `SQL Storage error: ${NO_COLUMN}`),
  () => failure(401, 'unauthorized_error', 'User unauthorized: No authentication info provided'),
  (id) => notFound('Execution', id),
];

/** `/snapshot-status` reads a file; what needs the database is the check before it, in those that have one. */
const needsDatabase = ({ settings }: Exchange, resource: string): boolean =>
  resource !== 'snapshot-status' || settings.line.checksDatabaseFirst;

/** Up to 6.4 `cluster-status` looks for the flag, before it asks who is there (contract §2.4). */
export function refuseInRestore({ settings, state, node }: Exchange, resource: string): void {
  if (resource !== 'cluster-status' || !settings.line.refusesClusterStatusInRestore) return;
  if (state.restoreFlags.has(node)) throw failure(503, 'in_snapshot_restore_error', '');
}

/** Refuses what needs the database while a restore has it, or has left it in pieces. */
export function refuseWithoutSchema(exchange: Exchange, resource: string, id: string): void {
  const { state } = exchange;
  if (!needsDatabase(exchange, resource)) return;
  if (state.isSchemaBroken) throw crash(NO_COLUMN);
  if (state.schemaInFlux === undefined) return;
  const turn = state.schemaInFlux.requests++;
  // The check fails only while a table is missing: every other time.
  if (resource === 'snapshot-status' && turn % 2 === 1) return;
  const answers = resource === 'executions' ? IN_FLUX : IN_FLUX.slice(0, resource === 'snapshot-status' ? 1 : 3);
  throw (answers[turn % answers.length] ?? (() => crash(NO_COLUMN)))(id);
}
