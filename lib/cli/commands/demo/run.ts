import { Redactor } from '../../../base/redact.ts';
import { defaults } from '../../../base/settings.ts';
import { Manifest } from '../../../catalogue/records.ts';
import { defaultRules } from '../../../config/manager-rules.ts';
import type { RunReport } from '../../../export/contract.ts';
import { type ExportResult, runExport } from '../../../local/export.ts';
import { type RestoreResult, runRestore } from '../../../local/restore.ts';
import { type Content, readContent } from '../../../manager/content.ts';
import { Managers } from '../../../manager/managers.ts';
import type { ManagerSecretFields } from '../../../manager/secret.ts';
import { ArchiveBucket } from '../../../storage/archive-bucket.ts';
import type { Given } from '../../command.ts';
import { type SimulatedManager, simulatedManager } from '../../inputs/simulated-manager.ts';
import { openStorage, partsOf, type Storage } from '../../inputs/storage.ts';
import { proofOf } from '../../text/demo-proof.ts';
import { readEvidence } from '../../text/evidence-text.ts';
import { ProgressDisplay } from '../../text/progress.ts';
import { describeResult } from '../../text/report-text.ts';
import { describeRestore, failureText, isGood } from '../../text/restore-text.ts';
import { EXIT, formatSeconds, type Terminal } from '../../usage.ts';
import type { demoLiteral } from './command.ts';
import { writeDemoReport } from './report.ts';

/** The manager that is lost, and the one that is to take its place. */
const SOURCE = 'demo';
const TARGET = 'demo-standby';
/**
 * The legacy format, on purpose: such an archive is the whole database. A restore of it stops the services and brings
 * back users with their passwords, so it shows everything that a restore has to get through.
 */
const VERSION = '6.4.2';
const PASSWORDS = { [SOURCE]: 'password-of-the-first', [TARGET]: 'password-of-the-second' } as const;

/** `offsite demo`: a whole export, a whole restore into another manager, and the proof by numbers. */
export async function demoCommand(given: Given<typeof demoLiteral>, terminal: Terminal): Promise<number> {
  const sizeBytes = given.size ?? 64 * 2 ** 20;
  const began = terminal.clock.now().getTime();
  const common = { version: VERSION, edition: 'premium', archive: { sizeBytes } } as const;
  const storage = await openStorage({ to: given.to }, { option: 'to', mustExist: false, use: 'all' }, terminal);
  const managers: SimulatedManager[] = [];
  try {
    const source = await simulatedManager({ ...common, password: PASSWORDS[SOURCE], createSeconds: 2 });
    managers.push(source);
    const fresh = { holds: 'nothing', password: PASSWORDS[TARGET], restoreSeconds: 4 } as const;
    const target = await simulatedManager({ ...common, ...fresh });
    managers.push(target);
    const code = await play({ source, target, storage, terminal });
    terminal.out.write(`\nThat took ${formatSeconds((terminal.clock.now().getTime() - began) / 1000)}.\n`);
    return code;
  } finally {
    await Promise.all(managers.map((manager) => manager.close()));
    await storage.close();
  }
}

interface Stage {
  readonly source: SimulatedManager;
  readonly target: SimulatedManager;
  readonly storage: Storage;
  readonly terminal: Terminal;
}

async function play(stage: Stage): Promise<number> {
  const { out, err } = stage.terminal;
  out.write(`1. Export from "${SOURCE}", a simulated manager of ${VERSION}.\n`);
  const exported = await exportFrom(stage);
  const isStored = exported.outcome === 'succeeded';
  (isStored ? out : err).write(describeResult(exported, stage.storage));
  if (!isStored) return stage.terminal.interrupt.aborted ? EXIT.interrupted : EXIT.failed;
  const before = await contentOf(stage.source, SOURCE, stage);

  out.write(
    `\n2. Restore into "${TARGET}", an empty manager with another admin password. The archive is of the\n   legacy format, the whole database: services stop meanwhile, and the passwords come back with it.\n   The restore counts as over when the manager has been well for 30 s.\n`,
  );
  const restored = await restoreTo(stage, exported);
  const evidence = await readEvidence(restored, stage.storage);
  const said = { place: stage.storage.place, evidence, clocks: stage.terminal };
  if (restored.outcome === 'planned' || !isGood(restored)) {
    err.write(failureText(restored, said));
    return stage.terminal.interrupt.aborted ? EXIT.interrupted : EXIT.failed;
  }
  // Of the notes the one that matters here: whose password the manager takes now.
  const advice = said.evidence?.credentials?.advice;
  out.write(describeRestore({ ...restored, notes: advice ? [advice] : [] }, said));

  out.write('\n3. Proof: both managers counted again, over HTTP.\n');
  const after = await contentOf(stage.target, SOURCE, stage);
  const proof = proofOf({ before, archive: await inventoryOf(exported, stage), after });
  out.write(proof.text);
  const page = await writeDemoReport(SOURCE, stage.storage, stage.terminal);
  out.write(`\n4. The report of all this, for people and auditors: open ${page} in a browser.\n`);
  return proof.isEqual ? EXIT.ok : EXIT.failed;
}

function secretOf({ urls, username }: SimulatedManager, whose: keyof typeof PASSWORDS): ManagerSecretFields {
  return { endpoints: [...urls], username, password: PASSWORDS[whose] };
}

/** What every run of the demo is given. */
function common({ storage, terminal }: Stage, display: ProgressDisplay) {
  return {
    ...partsOf(storage),
    redactor: new Redactor(),
    clock: terminal.clock,
    interrupt: terminal.interrupt,
    progress: display,
    onEvent: display.onEvent.bind(display),
  };
}

async function shown<R>({ terminal }: Stage, run: (display: ProgressDisplay) => Promise<R>): Promise<R> {
  const display = new ProgressDisplay(terminal, () => terminal.clock.now().getTime());
  try {
    return await run(display);
  } finally {
    display.end();
  }
}

async function exportFrom(stage: Stage): Promise<ExportResult> {
  const secret = secretOf(stage.source, SOURCE);
  return await shown(stage, (display) => runExport({ ...common(stage, display), secret, input: { manager: SOURCE } }));
}

/** The credentials of the archive's manager are known as well, as they are in an installation that exports it. */
async function restoreTo(stage: Stage, { snapshot }: RunReport): Promise<RestoreResult> {
  const secret = secretOf(stage.target, TARGET);
  const otherSecrets = { [SOURCE]: secretOf(stage.source, SOURCE) };
  const rulesOf = () => ({ ...defaultRules, restoreFrom: [SOURCE] });
  const input = { manager: TARGET, sourceManager: SOURCE, archive: snapshot ?? 'latest', reason: 'the demo' };
  return await shown(stage, (display) =>
    runRestore({ ...common(stage, display), secret, otherSecrets, rulesOf, input }),
  );
}

/** Counted anew, with connections of its own and the password of `whose` manager. */
async function contentOf(manager: SimulatedManager, whose: keyof typeof PASSWORDS, stage: Stage): Promise<Content> {
  const { clock, interrupt: signal } = stage.terminal;
  const source = { read: async () => JSON.stringify(secretOf(manager, whose)) };
  const use = { settings: defaults, redactor: new Redactor(), signal, now: () => clock.now() };
  const managers = new Managers(source, use);
  try {
    return await readContent(await managers.open(whose));
  } finally {
    await managers.close();
  }
}

async function inventoryOf({ archive }: RunReport, { storage, terminal }: Stage): Promise<Manifest['inventory']> {
  const { records } = new ArchiveBucket(storage.s3, storage.bucket, terminal.interrupt, storage.sealing);
  const entry = archive && (await records.read(archive.manifest, Manifest));
  return entry?.value.inventory ?? { totals: {}, tenants: {} };
}
