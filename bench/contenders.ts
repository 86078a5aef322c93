import { nodeFlags } from './first-line.ts';
import { findTool, type Tool } from './tools.ts';

/** One way to do the job: a shell command. Ours come first, and `floor` does less than all others. */
export interface Contender {
  readonly name: string;
  readonly kind: 'ours' | 'rival' | 'floor';
  readonly command: string;
  readonly env?: Record<string, string>;
  /** Of the function whose limits it runs in; without it, the whole machine. */
  readonly memoryMB?: number;
}

/** As `npm run offsite` has them: Node's default for young objects lets 20 MB more pile up, to no use. */
const FLAGS = nodeFlags.join(' ');

export interface Missing {
  readonly name: string;
  readonly needs: string;
}

export interface CopyWorld {
  /** Of our own programs, bundled as functions are. */
  readonly programs: string;
  readonly origin: string;
  readonly sink: string;
  readonly bytes: number;
  readonly awsConfig: string;
}

export const PART = 16 * 1024 * 1024;
export const KEYS = { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench', AWS_DEFAULT_REGION: 'us-east-1' };

/** Everybody cuts parts of 16 MiB, speaks plain HTTP, and may do as much at once as it likes. */
export function copiers({ programs, origin, sink, bytes, awsConfig }: CopyWorld): {
  contenders: Contender[];
  missing: Missing[];
} {
  const node = `'${process.execPath}'`;
  const archive = `${origin}/archive`;
  const aws = findTool('aws');
  const rclone = findTool('rclone', 'version');
  const curl = findTool('curl');
  const ours = (atOnce: number): Contender => ({
    name: `offsite, ${atOnce} span${atOnce > 1 ? 's' : ''} at once`,
    kind: 'ours',
    command: `${node} ${FLAGS} ${programs}/copy-spans.mjs ${origin} ${sink} ${bytes} ${atOnce}`,
  });
  const rivals: [string, Tool | undefined, string, string, Record<string, string>][] = [
    [
      'curl into aws s3 cp -',
      curl && aws,
      'curl, aws',
      awsCommand(archive, sink, aws, bytes),
      { ...KEYS, AWS_CONFIG_FILE: awsConfig },
    ],
    ['rclone copyurl', rclone, 'rclone', `rclone copyurl ${archive} "${rcloneRemote(sink)}" --config /dev/null`, {}],
  ];
  const found = rivals.filter(([, tool]) => tool);
  const floor: Contender = {
    name: 'floor: curl into curl -T -',
    kind: 'floor',
    command: `curl -sf ${archive} | curl -sf -T - ${sink}/bench/floor`,
  };
  return {
    contenders: [
      ours(1),
      ours(4),
      {
        name: 'lib-storage Upload',
        kind: 'rival',
        command: `${node} ${programs}/lib-storage.mjs ${archive} ${sink} ${PART}`,
      },
      ...found.map(([name, , , command, env]): Contender => ({ name, kind: 'rival', command, env })),
      ...(curl ? [floor] : []),
    ],
    missing: [
      ...rivals.filter(([, tool]) => !tool).map(([name, , needs]) => ({ name, needs })),
      ...(curl ? [] : [{ name: floor.name, needs: 'curl' }]),
    ],
  };
}

function awsCommand(archive: string, sink: string, aws: Tool | undefined, bytes: number): string {
  return `curl -sf ${archive} | '${aws?.path}' --endpoint-url ${sink} s3 cp - s3://bench/aws --expected-size ${bytes}`;
}

export function rcloneRemote(sink: string): string {
  const keys = 'access_key_id=bench,secret_access_key=bench,force_path_style=true';
  return `:s3,provider=Other,endpoint='${sink}',${keys},chunk_size=16M:bench/rclone`;
}

export interface VerifyWorld {
  readonly programs: string;
  readonly origin: string;
  readonly file: string;
  readonly stored: number;
}

const MiB = 1024 * 1024;

/** On one core each, so that nobody's speed is a second core's. Ours reads over HTTP, the others a local file. */
export function verifiers({ programs, origin, file, stored }: VerifyWorld): {
  contenders: Contender[];
  missing: Missing[];
} {
  const pin = findTool('taskset') ? 'taskset -c 1 ' : '';
  const ours = `'${process.execPath}' ${FLAGS} ${programs}/verify-spans.mjs ${origin} ${file.split('/').at(-1)} ${stored}`;
  const python = `python3 -c "import zipfile; assert zipfile.ZipFile('${file}').testzip() is None"`;
  const rivals: Contender[] = [
    { name: 'python3 zipfile.testzip', kind: 'rival', command: `${pin}${python}` },
    { name: 'unzip -t', kind: 'rival', command: `${pin}unzip -tqq ${file}` },
  ];
  const isThere = ({ name }: Contender) => findTool(name.split(' ')[0] ?? '', '-h') !== undefined;
  return {
    contenders: [
      { name: 'offsite, one core', kind: 'ours', command: `${pin}${ours} ${2048 * MiB}` },
      {
        name: 'offsite, 2 processes',
        kind: 'ours',
        command: `${ours} ${64 * MiB} 1/2 & ${ours} ${64 * MiB} 2/2; wait`,
      },
      ...rivals.filter(isThere),
    ],
    missing: rivals.filter((one) => !isThere(one)).map(({ name }) => ({ name, needs: name.split(' ')[0] ?? '' })),
  };
}
