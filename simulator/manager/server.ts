import type { ByteSource } from '../archive/byte-source.ts';
import type { GeneratedArchive } from '../archive/make-archive.ts';
import { type ArchiveDigest, digestOf, isGenerated } from './archive-content.ts';
import { archiveFactory, contentOf } from './archive-factory.ts';
import { makeCertificates } from './certificate.ts';
import type { ManagerSettings } from './exchange.ts';
import { ManagerFaults, type Strike } from './faults.ts';
import { type FrontParts, type LoggedRequest, serveNode } from './front.ts';
import { Listener, openAll } from './listener.ts';
import type { SimulatedManagerOptions } from './options.ts';
import { RateLimit } from './rate-limit.ts';
import { routesOf } from './routes.ts';
import { settingsOf, stateOf } from './set-up.ts';
import type { ManagerState } from './state.ts';
import { type ArchiveFactory, Worker } from './worker.ts';

/** A Cloudify Manager over real HTTP that behaves as contract and recordings say, with faults to switch on. */
export interface SimulatedManager {
  /** One per node. */
  readonly urls: readonly string[];
  /** The CA to trust, with `tls: true`. */
  readonly caPem?: string;
  /** The one to trust after a restore with certificates, with `restoredTls: true`. */
  readonly restoredCaPem?: string;
  readonly username: string;
  readonly password: string;
  readonly databasePassword: string;
  readonly brokerPassword: string;
  readonly faults: ManagerFaults;
  /** Snapshots, executions, files: to look at, and to seed with `addSnapshot`, `addExecution`, `writeFile`. */
  readonly state: ManagerState;
  readonly requests: readonly LoggedRequest[];
  /** The generated archive of a snapshot, with its inventory and members. */
  archiveOf(id: string): GeneratedArchive | undefined;
  /** Of the stored bytes, whatever faults do to what is served. */
  archiveDigest(id: string): Promise<ArchiveDigest>;
  /** A snapshot that exists already, with an archive of the usual kind. */
  seedSnapshot(
    id: string,
    options?: { readonly createdAt?: Date; readonly tenant?: string },
  ): GeneratedArchive | ByteSource;
  /** Closes the node's port: connections are refused until `startNode`. */
  stopNode(index: number): Promise<void>;
  startNode(index: number): Promise<void>;
  close(): Promise<void>;
}

/** The state a request sees: the common one, or the node's own while the cluster is split. */
function stateChooser(state: ManagerState, faults: ManagerFaults): (strike: Strike) => ManagerState {
  const forks = new WeakMap<object, ManagerState>();
  return (strike) => {
    const split = faults.condition('splitBrain', strike);
    if (split === undefined) return state;
    const fork = forks.get(split) ?? state.fork();
    forks.set(split, fork);
    return fork;
  };
}

export async function startSimulatedManager(options: SimulatedManagerOptions = {}): Promise<SimulatedManager> {
  const faults = new ManagerFaults();
  // Every installation has a CA, also one that listens on plain HTTP: `/managers` shows it.
  const made = makeCertificates();
  const tls = options.tls === true ? made : options.tls;
  const another = options.restoredTls === true ? makeCertificates() : undefined;
  const restored = another ?? (options.restoredTls === true ? undefined : options.restoredTls);
  const settings = settingsOf(options, faults, made.caPem);
  const state = stateOf(options);
  if (options.holds !== 'nothing') state.content = await contentOf(options.archive ?? {}, options.tenants ?? []);
  const makeBytes = await archiveFactory(options.archive ?? {}, settings, state);
  const worker = new Worker(state, settings.line, makeBytes);
  const log: LoggedRequest[] = [];
  const choose = stateChooser(state, faults);
  const parts: FrontParts = {
    settings,
    routes: routesOf(settings.line),
    rateLimit: options.rateLimit === true ? new RateLimit() : undefined,
    stateOf: (strike) => {
      worker.catchUp();
      return choose(strike);
    },
    log,
  };
  const listeners = settings.nodeNames.map((_, node) => {
    const port = options.port === undefined || options.port === 0 ? 0 : options.port + node;
    const place = { host: options.host ?? '127.0.0.1', port, handler: serveNode(parts, node) };
    if (tls === undefined) return new Listener(place);
    const beforeConnection = (): void => {
      worker.catchUp();
      if (restored !== undefined && state.recertifiedNodes.has(node)) listener.useCertificates(restored);
    };
    const listener = new Listener({ ...place, tls, beforeConnection });
    return listener;
  });
  await openAll(listeners);
  return managerOf({
    options,
    settings,
    state,
    worker,
    makeBytes,
    listeners,
    log,
    caPem: options.tls === true ? made.caPem : undefined,
    restoredCaPem: another?.caPem,
  });
}

interface Running {
  readonly options: SimulatedManagerOptions;
  readonly settings: ManagerSettings;
  readonly state: ManagerState;
  readonly worker: Worker;
  readonly makeBytes: ArchiveFactory;
  readonly listeners: readonly Listener[];
  readonly log: readonly LoggedRequest[];
  readonly caPem: string | undefined;
  readonly restoredCaPem: string | undefined;
}

function managerOf({
  options,
  settings,
  state,
  worker,
  makeBytes,
  listeners,
  log,
  caPem,
  restoredCaPem,
}: Running): SimulatedManager {
  const fileOf = (id: string): ByteSource | undefined => {
    worker.catchUp();
    return state.files.get(id)?.source;
  };
  return {
    urls: listeners.map((listener) => listener.url),
    ...(caPem === undefined ? {} : { caPem }),
    ...(restoredCaPem === undefined ? {} : { restoredCaPem }),
    username: options.username ?? 'admin',
    password: options.password ?? 'admin',
    databasePassword: settings.databasePassword,
    brokerPassword: settings.brokerPassword,
    faults: settings.faults,
    get state() {
      worker.catchUp();
      return state;
    },
    requests: log,
    archiveOf: (id) => {
      const source = fileOf(id);
      return isGenerated(source) ? source : undefined;
    },
    archiveDigest: async (id) => {
      const source = fileOf(id);
      if (source === undefined) throw new Error(`no archive of ${id}`);
      return digestOf(source);
    },
    seedSnapshot: (id, { createdAt = state.now(), tenant = 'default_tenant' } = {}) => {
      const source = makeBytes({
        snapshotId: id,
        executionId: `seed-${id}`,
        isLegacy: settings.line.isLegacyByDefault || settings.edition === 'community',
      });
      state.addSnapshot(id, 'created', { createdAt, tenant });
      state.writeFile(id, source, 0, createdAt);
      return source;
    },
    stopNode: async (index) => {
      state.stoppedNodes.add(index);
      await listeners[index]?.close();
    },
    startNode: async (index) => {
      await listeners[index]?.open();
      state.stoppedNodes.delete(index);
    },
    close: async () => {
      await Promise.all(listeners.map((listener) => listener.close()));
      settings.uploadSpace.close();
    },
  };
}
