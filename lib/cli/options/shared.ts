import { acceptHelp } from '../help/accept.ts';
import { allHelp } from '../help/all.ts';
import { demoHelp } from '../help/demo.ts';
import { exportHelp } from '../help/export.ts';
import { followHelp } from '../help/follow.ts';
import { keepHelp, unkeepHelp } from '../help/keep.ts';
import { listHelp } from '../help/list.ts';
import { localS3Help } from '../help/local-s3.ts';
import { machineHelp } from '../help/machine.ts';
import { reconcileHelp } from '../help/reconcile.ts';
import { restoreHelp } from '../help/restore.ts';
import { retentionHelp } from '../help/retention.ts';
import { showHelp } from '../help/show.ts';
import { simulateManagerHelp } from '../help/simulate-manager.ts';
import { statusHelp } from '../help/status.ts';
import { verifyHelp } from '../help/verify.ts';

/** Texts of --help, by command. Plain strings: nothing is loaded to show them. */
export const HELP: Readonly<Record<string, string>> = {
  all: allHelp,
  export: exportHelp,
  restore: restoreHelp,
  verify: verifyHelp,
  follow: followHelp,
  reconcile: reconcileHelp,
  accept: acceptHelp,
  keep: keepHelp,
  unkeep: unkeepHelp,
  retention: retentionHelp,
  list: listHelp,
  show: showHelp,
  status: statusHelp,
  machine: machineHelp,
  demo: demoHelp,
  'simulate-manager': simulateManagerHelp,
  'local-s3': localS3Help,
};
