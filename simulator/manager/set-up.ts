import type { ManagerSettings } from './exchange.ts';
import type { ManagerFaults } from './faults.ts';
import type { SimulatedManagerOptions } from './options.ts';
import { ManagerState } from './state.ts';
import { UploadSpace } from './upload-space.ts';
import { versionLine } from './version-line.ts';

const DATABASE_PASSWORD = 'simulated-db-password-7Hq2';
const BROKER_PASSWORD = 'simulated-broker-password-9Kx4';

export function settingsOf(options: SimulatedManagerOptions, faults: ManagerFaults, caPem: string): ManagerSettings {
  const nodes = options.nodes ?? 1;
  return {
    line: versionLine(options.version ?? '7.0.5'),
    edition: options.edition ?? 'premium',
    createSeconds: options.createSeconds ?? 5,
    restoreSeconds: options.restoreSeconds ?? 30,
    rebootSeconds: options.rebootSeconds ?? 90,
    restoreNode: options.restoreNode,
    hasWorker: options.worker !== 'absent',
    databasePassword: options.databasePassword ?? DATABASE_PASSWORD,
    brokerPassword: options.brokerPassword ?? BROKER_PASSWORD,
    caPem,
    nodeNames: Array.from({ length: nodes }, (_, n) => `manager${n + 1}`),
    faults,
    uploadSpace: new UploadSpace(),
    fetchBytesPerSecond: options.fetchBytesPerSecond,
    requestsCaBundle: options.requestsCaBundle,
  };
}

export function stateOf(options: SimulatedManagerOptions): ManagerState {
  const admin = {
    name: options.username ?? 'admin',
    password: options.password ?? 'admin',
    role: 'sys_admin',
  } as const;
  return new ManagerState({
    now: options.now ?? (() => new Date()),
    tenants: options.tenants ?? [],
    users: [admin, ...(options.users ?? [])],
    salt: options.salt,
    replicationSeconds: options.replicationSeconds ?? 0,
  });
}
