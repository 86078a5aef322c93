import { lifecycleRules } from '../../../config/lifecycle.ts';
import { defaultRules, rulesOf } from '../../../config/manager-rules.ts';
import type { OffsiteConfig } from '../../../config/offsite-config.ts';
import { RetentionPolicy } from '../../../config/retention.ts';
import { dueActs, type LifecycleAct, perform } from '../../../local/lifecycle.ts';
import { decidedTags } from '../../../retention/decided-tags.ts';
import { recordExpired } from '../../../retention/record-expired.ts';
import { ArchiveBucket } from '../../../storage/archive-bucket.ts';
import { isArchiveKey, isManifestKey, managerOfKey, prefixOf, recordsOf } from '../../../storage/layout.ts';
import { readConfig } from '../../inputs/config-file.ts';
import { notifiedUnlessBegun } from '../../inputs/not-begun.ts';
import { openStorage } from '../../inputs/storage.ts';
import { EXIT, formatBytes, type Terminal, UsageError } from '../../usage.ts';

export interface ExpireOptions {
  readonly local?: boolean | undefined;
  readonly from?: string | undefined;
  readonly bucket?: string | undefined;
  readonly s3Endpoint?: string | undefined;
  readonly config?: string | undefined;
  readonly yes?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/**
 * `offsite retention expire --local`: what a bucket's lifecycle does in AWS, done to a folder, or to a store that has no
 * such rules. It obeys the tags that runs have set and decides nothing itself; of a store that has no tags it goes by the
 * records. Without `--yes` it says what it would do.
 */
export async function expireCommand(given: ExpireOptions, terminal: Terminal): Promise<number> {
  if (!given.local)
    throw new UsageError(
      'retention expire is for folders and for stores without lifecycle rules: add --local. The bucket of a stack expires archives by its own rules.',
    );
  const config = await readConfig(given.config, undefined);
  const run = () => expire(given, config, terminal);
  return await (given.yes ? notifiedUnlessBegun(AS_RUN, given, terminal, run) : run());
}

const AS_RUN = { about: 'retention', manager: null, what: 'retention of all managers' } as const;

async function expire(given: ExpireOptions, config: OffsiteConfig | undefined, terminal: Terminal): Promise<number> {
  const { out, err, clock, interrupt } = terminal;
  // The defaults may be shorter than what somebody else's runs have promised, and from a bucket nobody brings it back.
  if (given.bucket !== undefined && config === undefined)
    throw new UsageError('retention expire of a bucket goes by its configuration: add --config FILE.');
  const rules = lifecycleRules(config?.retention ?? RetentionPolicy.parse({}));
  const use = given.yes ? 'all' : 'read';
  const rule = { option: 'from', mustExist: true, use } as const;
  const { s3, bucket, place, sealing, near, close } = await openStorage(given, rule, terminal);
  try {
    const archive = new ArchiveBucket(s3, bucket, interrupt, sealing, { near });
    const due = await dueActs(s3, bucket, rules, clock.now(), await expireOf(archive, config, clock.now()));
    const hidden = due.filter(({ does, key }) => ['hide', 'delete'].includes(does) && isManifestKey(key));
    const refused = given.yes
      ? await recordExpired(
          hidden.map(({ key }) => key),
          { archive, clock },
        )
      : NONE;
    const acts = due.filter(({ key }) => !refused.has(managerOfKey(key)));
    if (given.yes) await perform(s3, bucket, acts);
    for (const why of refused.values()) err.write(`offsite: ${why}\n`);
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

const NONE: ReadonlyMap<string, string> = new Map();

/** What counts instead of tags; undefined where the store has tags, or nothing that could have one. */
async function expireOf(archive: ArchiveBucket, config: OffsiteConfig | undefined, now: Date) {
  const managers = await archive.records.folders(prefixOf('manifests'));
  const [first] = managers[0] === undefined ? [] : await archive.records.list(recordsOf('manifest', managers[0]));
  const tags = first && (await archive.protection.tagsOf({ key: first.key }));
  if (!tags?.unavailable) return undefined;
  const rules = (manager: string) => (config ? rulesOf(config, manager) : defaultRules);
  const decided = await decidedTags(managers, { archive, rulesOf: rules, now });
  return (key: string) => decided.get(key);
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
  delete: 'delete (there are no versions)',
  remove: 'remove for good',
  'remove-marker': 'remove the marker of',
  abort: 'end an unfinished upload of',
} as const;
