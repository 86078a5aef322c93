import { basename, posix } from 'node:path';
import type { ConfigFile } from '../../inputs/config-file.ts';
import type { Job } from './jobs.ts';

export interface PodOptions extends ConfigFile {
  readonly image: string;
  /** Files that the configuration names: keys of a secret. */
  readonly files: readonly PodFile[];
}

interface PodFile {
  /** In the secret. */
  readonly key: string;
  /** As the configuration names it. */
  readonly from: string;
  /** In the pod. */
  readonly path: string;
}

/** Where the configuration is in a pod; its relative names begin there. */
const CONFIG = '/etc/offsite/offsite.json';
const inPod = (name: string) => posix.resolve(posix.dirname(CONFIG), name);
/** The user of the image (Dockerfile). */
const USER = 1000;

/** Every file that the configuration names, once. */
export function podFiles({ config }: ConfigFile): PodFile[] {
  const named = config.managers.flatMap(({ id, local }) =>
    local ? [local.passwordFile, local.tokenFile, local.caFile].map((from) => ({ id, from })) : [],
  );
  const all = [...named, { id: 'offsite', from: config.local?.signingKeyFile }];
  const found = new Map<string, PodFile>();
  for (const { id, from } of all) {
    if (from === undefined || found.has(from)) continue;
    const key = `${id}-${basename(from)}`.replaceAll(/[^-._a-zA-Z0-9]/g, '_');
    const isTaken = [...found.values()].some((one) => one.key === key);
    found.set(from, { key: isTaken ? `${key}-${found.size}` : key, from, path: inPod(from) });
  }
  return [...found.values()];
}

/** A volume for archives, if they go to a folder, and one for what a machine knows: its signing key, and whom it trusts. */
export function volumeClaims({ config }: PodOptions) {
  const claim = (name: string, storage: string) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
  });
  const archives = config.local?.folder === undefined ? [] : [claim('offsite-archives', '100Gi')];
  return [claim('offsite-state', '64Mi'), ...archives];
}

export function podOf(job: Job, options: PodOptions) {
  const { config, image, files } = options;
  const folder = config.local?.folder;
  const mounts = [
    { name: 'config', mountPath: CONFIG, subPath: 'offsite.json', readOnly: true },
    { name: 'state', mountPath: '/var/lib/offsite' },
    { name: 'tmp', mountPath: '/tmp' },
    ...files.map(({ key, path }) => ({ name: 'files', mountPath: path, subPath: key, readOnly: true })),
    ...(folder === undefined ? [] : [{ name: 'archives', mountPath: inPod(folder) }]),
  ];
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    // It cleans up when it is told to end.
    terminationGracePeriodSeconds: 600,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      fsGroup: USER,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'offsite',
        image,
        args: [...job.args, '--config', CONFIG],
        env: [{ name: 'XDG_STATE_HOME', value: '/var/lib' }, ...variablesOf(options)],
        envFrom: [{ secretRef: { name: 'offsite-environment', optional: true } }],
        resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '512Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: mounts,
      },
    ],
    volumes: volumesOf(options),
  };
}

function volumesOf({ config, files }: PodOptions) {
  const claimed = (name: string, claimName: string) => ({ name, persistentVolumeClaim: { claimName } });
  return [
    { name: 'config', configMap: { name: 'offsite' } },
    claimed('state', 'offsite-state'),
    { name: 'tmp', emptyDir: {} },
    // The group of the pod may read it, and nobody else.
    ...(files.length === 0 ? [] : [{ name: 'files', secret: { secretName: 'offsite-files', defaultMode: 0o440 } }]),
    ...(config.local?.folder === undefined ? [] : [claimed('archives', 'offsite-archives')]),
  ];
}

/** Those that the configuration takes credentials from: without one the pod does not start, instead of failing at night. */
function variablesOf({ config }: PodOptions) {
  const names = config.managers.flatMap(({ local }) =>
    local ? [local.passwordEnv, local.tokenEnv].filter((name) => name !== undefined) : [],
  );
  return [...new Set(names)].map((name) => ({
    name,
    valueFrom: { secretKeyRef: { name: 'offsite-environment', key: name } },
  }));
}
