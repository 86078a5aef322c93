import type { Exchange } from './exchange.ts';
import { toBoolean } from './json-body.ts';
import { json, type Reply } from './reply.ts';
import { STATUS_SERVICES, STATUS_SERVICES_UNMONITORED } from './service-tree.ts';

export const isSummary = ({ query }: Exchange): boolean => {
  const value = query.get('summary');
  return value !== null && toBoolean(value, 'summary');
};

export function version({ settings }: Exchange): Reply {
  const none = { build: null, date: null, commit: null };
  const system = { distribution: 'debian', distro_release: 'bookworm' };
  return json(200, { edition: settings.edition, version: settings.line.text, ...none, ...system });
}

export interface Health {
  readonly isMonitored: boolean;
  readonly hasBroker: boolean;
  /** The service that is down, by its name in `/status`. */
  readonly broken: string | undefined;
  readonly hasDatabase: boolean;
}

export function healthOf({ settings: { faults }, strike }: Exchange): Health {
  const failing = faults.condition('statusFail', strike);
  return {
    isMonitored: faults.condition('monitoringDown', strike) === undefined,
    hasBroker: faults.condition('brokerDown', strike) === undefined,
    broken: failing === undefined ? undefined : (failing.service ?? 'Management Worker'),
    hasDatabase: faults.condition('dbFail', strike) === undefined,
  };
}

const isWell = ({ isMonitored, hasBroker, broken }: Health): boolean =>
  isMonitored && hasBroker && broken === undefined;

function services({ isMonitored, hasBroker, broken }: Health, exchange: Exchange): object {
  const names = isMonitored ? STATUS_SERVICES : STATUS_SERVICES_UNMONITORED;
  const own = names.map((name) => {
    const isActive = isMonitored && name !== broken;
    return [name, { status: isActive ? 'Active' : 'Inactive', is_remote: false, extra_info: {} }] as const;
  });
  const check = hasBroker ? 'OK' : "Broker check failed with <class 'pika.exceptions.AMQPConnectionError'>: ";
  const broker = {
    is_remote: true,
    status: hasBroker ? 'Active' : 'Inactive',
    extra_info: { connection_check: check },
  };
  const replication = { status: 'Active', is_remote: false, extra_info: { connection_check: 'OK' } };
  const isCluster = exchange.settings.edition === 'premium' && exchange.settings.nodeNames.length > 1;
  return {
    ...Object.fromEntries(own),
    ...(isCluster ? { 'File Sync Service': replication } : {}),
    RabbitMQ: broker,
    PostgreSQL: { is_remote: true, status: 'Active' },
  };
}

/** Always 200, also when unhealthy (contract §2.2). */
export function status(exchange: Exchange): Reply {
  const health = healthOf(exchange);
  const isShort = isSummary(exchange);
  return json(200, { status: isWell(health) ? 'OK' : 'Fail', services: isShort ? {} : services(health, exchange) });
}

/** Up to 6.4, versions of the API before v3.1 show another shape. */
export function oldStatus(): Reply {
  return json(200, { status: 'running', services: [] });
}

/** For load balancers: no authentication, and a 500 when unhealthy. */
export function ok(exchange: Exchange): Reply {
  return isWell(healthOf(exchange)) ? json(200, 'OK') : json(500, 'FAIL');
}

/** The restore flag is a file of this node alone (hazard K21). */
export function snapshotStatus({ state, node }: Exchange): Reply {
  return json(200, { status: state.restoreFlags.has(node) ? 'running' : 'not-running' });
}
