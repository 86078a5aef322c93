/** The services of an all-in-one manager, as `/status` (7.x) and `/cluster-status` name them. */

export const STATUS_SERVICES: readonly string[] = [
  'Webserver',
  'Management Worker',
  'Manager Rest-Service',
  'Cloudify API',
  'Cloudify Execution Scheduler',
  'Cloudify Console',
  'AMQP-Postgres',
  'Cloudify Composer',
  'Monitoring Service',
];

/** Optional services vanish from the list when the monitoring service does not answer. */
export const STATUS_SERVICES_UNMONITORED = STATUS_SERVICES.slice(0, 5);

interface Unit {
  readonly name: string;
  readonly id: string;
  readonly description: string;
}

const unit = (name: string, id: string, description: string): Unit => ({ name, id, description });
const NODE_EXPORTER = unit('Node Exporter', 'node_exporter', 'Prometheus exporter for hardware and OS metrics');

export interface ClusterService {
  readonly name: 'broker' | 'db' | 'manager';
  readonly metricType: string;
  readonly metricName: string;
  readonly units: readonly Unit[];
}

export const CLUSTER_SERVICES: readonly ClusterService[] = [
  {
    name: 'broker',
    metricType: 'rabbitmq_healthy',
    metricName: 'rabbitmq (127.0.0.1:15692) on 127.0.0.1',
    units: [NODE_EXPORTER, unit('RabbitMQ Broker', 'cloudify-rabbitmq', 'RabbitMQ Broker service')],
  },
  {
    name: 'db',
    metricType: 'postgres_healthy',
    metricName: 'postgresql (127.0.0.1:9187) on 127.0.0.1',
    units: [
      NODE_EXPORTER,
      unit('PostgreSQL 14 database server', 'postgresql-14', 'PostgreSQL 14 database server'),
      unit('Prometheus exporter for PostgreSQL', 'postgres_exporter', 'Prometheus exporter for PostgreSQL service'),
    ],
  },
  {
    name: 'manager',
    metricType: 'manager_healthy',
    metricName: 'http endpoints on 127.0.0.1',
    units: [
      unit('Cloudify API', 'cloudify-api', 'Cloudify fastAPI service'),
      unit('Webserver', 'nginx', 'nginx - high performance web server'),
      unit('Cloudify Execution Scheduler', 'cloudify-execution-scheduler', 'Execution scheduler for cloudify'),
      unit('Prometheus', 'prometheus', 'Prometheus monitoring service'),
      NODE_EXPORTER,
      unit('Manager REST', 'cloudify-restservice', 'REST API service'),
      unit('Management Worker', 'cloudify-mgmtworker', 'Management Worker service'),
      unit('Management Console', 'cloudify-stage', 'Management Console service'),
      unit('Composer', 'cloudify-composer', 'Composer service'),
      unit('Blackbox Exporter', 'blackbox_exporter', 'Prometheus blackbox exporter (HTTP/HTTPS/TCP pings}'),
      unit('AMQP-Postgres', 'cloudify-amqp-postgres', 'AMQP PostgreSQL Broker service'),
    ],
  },
];

/** One service of one node, as supervisord reports it. */
export function unitItem({ name, id, description }: Unit, isActive: boolean): object {
  const instances = [{ Description: description, state: isActive ? 'running' : 'stopped', Id: id }];
  return {
    status: isActive ? 'Active' : 'Inactive',
    extra_info: { supervisord: { instances, display_name: name, unit_id: id } },
  };
}
