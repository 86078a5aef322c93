import { steps } from '../../lib/workflow/steps.ts';
import { type Contender, KEYS, type Missing, PART, rcloneRemote } from '../contenders.ts';
import { findTool } from '../tools.ts';

const MiB = 1024 * 1024;
const NODE = `'${process.execPath}'`;

/** What everybody is given: both ends over TLS, each behind its line, and the file of the CA that has signed them. */
export interface Ends {
  readonly programs: string;
  readonly origin: string;
  readonly sink: string;
  readonly ca: string;
  readonly bytes: number;
  readonly awsConfig: string;
  /** The program of floor.c, where it could be built. */
  readonly floor: string | undefined;
}

interface Wanted {
  readonly name: string;
  readonly kind: Contender['kind'];
  readonly needs: readonly string[];
  readonly command: string;
  readonly env?: Record<string, string>;
}

/** Copies, each in the limits of CopySpan. */
export function lambdaCopiers(ends: Ends): { contenders: Contender[]; missing: Missing[] } {
  const { programs, origin, sink, ca, bytes, awsConfig, floor } = ends;
  const archive = `${origin}/archive`;
  const trusting = { NODE_EXTRA_CA_CERTS: ca };
  const curl = `curl -sf --cacert ${ca}`;
  const aws = findTool('aws')?.path ?? 'aws';
  const [from, to] = [origin, sink].map((url) => url.replace('https://', ''));
  const all: Wanted[] = [
    {
      name: 'offsite, CopySpan',
      kind: 'ours',
      needs: [],
      command: `${NODE} ${programs}/copy-spans.mjs ${origin} ${sink} ${bytes} 1 ${ca}`,
      env: trusting,
    },
    {
      name: 'curl into aws s3 cp -',
      kind: 'rival',
      needs: ['curl', 'aws'],
      command: `${curl} ${archive} | '${aws}' --endpoint-url ${sink} s3 cp - s3://bench/aws --expected-size ${bytes}`,
      env: { ...KEYS, AWS_CONFIG_FILE: awsConfig, AWS_CA_BUNDLE: ca },
    },
    {
      name: 'lib-storage Upload',
      kind: 'rival',
      needs: [],
      command: `${NODE} ${programs}/lib-storage.mjs ${archive} ${sink} ${PART}`,
      env: trusting,
    },
    {
      name: 'rclone copyurl',
      kind: 'rival',
      needs: ['rclone'],
      command: `rclone copyurl ${archive} "${rcloneRemote(sink)}" --ca-cert ${ca} --config /dev/null`,
    },
    {
      name: 'curl into s5cmd pipe',
      kind: 'rival',
      needs: ['curl', 's5cmd'],
      command: `${curl} ${archive} | s5cmd --endpoint-url ${sink} --no-verify-ssl pipe --part-size 16 s3://bench/s5cmd`,
      env: KEYS,
    },
    {
      name: 'curl into curl -T -',
      kind: 'rival',
      needs: ['curl'],
      command: `${curl} ${archive} | ${curl} -T - ${sink}/bench/curl`,
    },
  ];
  const least: Wanted = {
    name: 'floor: a relay with a checksum, in C',
    kind: 'floor',
    needs: [],
    command: `${floor} ${from} /archive ${to} /bench/floor ${ca}`,
  };
  const { contenders, missing } = chosen([...all, ...(floor ? [least] : [])], steps.CopySpan.memoryMB);
  const unbuilt = { name: least.name, needs: 'cc, headers of OpenSSL and zlib' };
  return { contenders, missing: floor ? missing : [...missing, unbuilt] };
}

/** Verifications of a stored archive, each in the limits of VerifySpan; rivals read a local file and no TLS. */
export function lambdaVerifiers({ programs, origin, ca }: Ends, file: string, stored: number) {
  const key = file.split('/').at(-1);
  return chosen(
    [
      {
        name: 'offsite, VerifySpan',
        kind: 'ours',
        needs: [],
        command: `${NODE} ${programs}/verify-spans.mjs ${origin} ${key} ${stored} ${2048 * MiB}`,
        env: { NODE_EXTRA_CA_CERTS: ca },
      },
      {
        name: 'python3 zipfile.testzip',
        kind: 'rival',
        needs: ['python3'],
        command: `python3 -c "import zipfile; assert zipfile.ZipFile('${file}').testzip() is None"`,
      },
      { name: 'unzip -t', kind: 'rival', needs: ['unzip'], command: `unzip -tqq ${file}` },
    ],
    steps.VerifySpan.memoryMB,
  );
}

function chosen(all: readonly Wanted[], memoryMB: number): { contenders: Contender[]; missing: Missing[] } {
  const lacks = ({ needs }: Wanted) => needs.filter((tool) => !findTool(tool) && !findTool(tool, '-h'));
  return {
    contenders: all
      .filter((one) => lacks(one).length === 0)
      .map(({ name, kind, command, env }) => ({ name, kind, command, memoryMB, ...(env ? { env } : {}) })),
    missing: all.flatMap((one) => (lacks(one).length > 0 ? [{ name: one.name, needs: lacks(one).join(', ') }] : [])),
  };
}
