import { lifecycleRules } from '../../../config/lifecycle.ts';
import { RetentionPolicy } from '../../../config/retention.ts';
import { dueActs, type LifecycleAct, perform } from '../../../local/lifecycle.ts';
import { isArchiveKey } from '../../../storage/layout.ts';
import { readConfig } from '../../inputs/config-file.ts';
import { openStorage } from '../../inputs/storage.ts';
import { EXIT, formatBytes, type Terminal, UsageError } from '../../usage.ts';

export interface ExpireOptions {
  readonly local?: boolean | undefined;
  readonly from?: string | undefined;
  readonly bucket?: string | undefined;
  readonly config?: string | undefined;
  readonly yes?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/**
 * `offsite retention expire --local`: what a bucket's lifecycle does in AWS, done to a folder. It obeys the tags that runs
 * have set and decides nothing itself; without `--yes` it says what it would do.
 */
export async function expireFolder(given: ExpireOptions, terminal: Terminal): Promise<number> {
  const { out, err, clock } = terminal;
  if (!given.local || given.bucket !== undefined) {
    throw new UsageError('retention expire is for folders: add --local. A bucket expires archives by its own rules.');
  }
  const config = await readConfig(given.config, undefined);
  const rules = lifecycleRules(config?.retention ?? RetentionPolicy.parse({}));
  const { s3, bucket, place, close } = await openStorage(
    { from: given.from },
    { option: 'from', mustExist: true, use: given.yes ? 'all' : 'read' },
    terminal,
  );
  try {
    const acts = await dueActs(s3, bucket, rules, clock.now());
    if (given.yes) await perform(s3, bucket, acts);
    const done = given.yes === true;
    const shown = acts.map(({ does, key, size }) => ({ does, key, size }));
    out.write(
      given.json
        ? `${JSON.stringify({ place, configured: config !== undefined, done, acts: shown }, null, 2)}\n`
        : textOf(acts, place, done),
    );
    // Who once exported by a configuration with more days must not lose archives to the defaults without a word.
    if (!config) err.write('offsite: no configuration was given (--config FILE): days are those of the defaults.\n');
    return EXIT.ok;
  } finally {
    await close();
  }
}

function textOf(acts: readonly LifecycleAct[], place: string, done: boolean): string {
  if (acts.length === 0) return `Nothing in ${place} is due.\n`;
  const archives = acts.filter(({ key }) => isArchiveKey(key));
  const lines = archives.map(({ does, key, size }) => `  ${WORDS[does]} ${key} (${formatBytes(size)})\n`);
  const others = acts.length - archives.length;
  const rest = others === 0 ? '' : `  and of records and markers: ${others}\n`;
  const head = done ? `Done in ${place}:` : `Due in ${place}; nothing was changed, add --yes to do it:`;
  return `${head}\n${lines.join('')}${rest}`;
}

const WORDS = {
  hide: 'hide',
  remove: 'remove for good',
  'remove-marker': 'remove the marker of',
  abort: 'end an unfinished upload of',
} as const;
