import { acceptLiteral } from './commands/accept/command.ts';
import { adoptLiteral } from './commands/adopt/command.ts';
import { approveLiteral } from './commands/approve/command.ts';
import { completionLiteral } from './commands/completion/command.ts';
import { contentsLiteral } from './commands/contents/command.ts';
import { copyLiteral } from './commands/copy/command.ts';
import { demoLiteral } from './commands/demo/command.ts';
import { diffLiteral } from './commands/diff/command.ts';
import { digestLiteral } from './commands/digest/command.ts';
import { doctorLiteral } from './commands/doctor/command.ts';
import { downloadLiteral } from './commands/download/command.ts';
import { explainLiteral } from './commands/explain/command.ts';
import { exportLiteral } from './commands/export/command.ts';
import { extractLiteral } from './commands/extract/command.ts';
import { followLiteral } from './commands/follow/command.ts';
import { keepLiteral } from './commands/keep/command.ts';
import { listLiteral } from './commands/list/command.ts';
import { localS3Literal } from './commands/local-s3/command.ts';
import { machineLiteral } from './commands/machine/command.ts';
import { metricsLiteral } from './commands/metrics/command.ts';
import { notifyLiteral } from './commands/notify/command.ts';
import { reconcileLiteral } from './commands/reconcile/command.ts';
import { reportLiteral } from './commands/report/command.ts';
import { restoreLiteral } from './commands/restore/command.ts';
import { retentionLiteral } from './commands/retention/command.ts';
import { scheduleLiteral } from './commands/schedule/command.ts';
import { showLiteral } from './commands/show/command.ts';
import { simulateManagerLiteral } from './commands/simulate-manager/command.ts';
import { statusLiteral } from './commands/status/command.ts';
import { unkeepLiteral } from './commands/unkeep/command.ts';
import { verifyLiteral } from './commands/verify/command.ts';

/** Every command, in the order of `offsite --help`. */
export const commands = [
  exportLiteral,
  restoreLiteral,
  verifyLiteral,
  listLiteral,
  showLiteral,
  contentsLiteral,
  diffLiteral,
  downloadLiteral,
  extractLiteral,
  copyLiteral,
  retentionLiteral,
  keepLiteral,
  unkeepLiteral,
  statusLiteral,
  reportLiteral,
  reconcileLiteral,
  acceptLiteral,
  approveLiteral,
  followLiteral,
  machineLiteral,
  scheduleLiteral,
  doctorLiteral,
  demoLiteral,
  simulateManagerLiteral,
  localS3Literal,
  notifyLiteral,
  digestLiteral,
  metricsLiteral,
  adoptLiteral,
  explainLiteral,
  completionLiteral,
] as const;
