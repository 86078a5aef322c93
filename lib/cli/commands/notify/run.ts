import { Redactor } from '../../../base/redact.ts';
import { direct } from '../../../network/network.ts';
import { messageOf } from '../../../notify/message.ts';
import { type Delivery, sendAll } from '../../../notify/notifier.ts';
import { LIMITS } from '../../../notify/send.ts';
import type { Given } from '../../command.ts';
import { localTargets } from '../../inputs/notifier.ts';
import { EXIT, type Terminal, UsageError } from '../../usage.ts';
import type { notifyLiteral } from './command.ts';

/** `offsite notify --test`: one message to each target. Exit code 1: a target did not accept it. */
export async function notifyCommand(given: Given<typeof notifyLiteral>, terminal: Terminal): Promise<number> {
  if (given.config === undefined)
    throw new UsageError('The targets are those of a configuration: add --config FILE, or set OFFSITE_CONFIG.');
  const redactor = new Redactor();
  const { targets, unread, allowedHosts, parts } = await localTargets(given.config, {}, redactor, terminal);
  const chosen = targets.filter(({ name }) => given.target === undefined || name === given.target);
  const passed = given.target === undefined ? unread : unread.filter((name) => name === given.target);
  if (chosen.length + passed.length === 0) throw new UsageError(whyNone(given.target, given.config));
  const report = { message: 'This is a test message. cloudify-offsite can reach this target.', notes: [] };
  const message = messageOf('cloudify-offsite: test message', report, {
    occasion: { about: 'digest', outcome: 'success', manager: null },
    at: terminal.clock.now().toISOString(),
    redactor,
  });
  const { readSecret, network } = parts;
  const sender = { allowedHosts, readSecret, redactor, limits: LIMITS, network: network ?? direct };
  const until = AbortSignal.any([terminal.interrupt, AbortSignal.timeout(LIMITS.totalMs)]);
  const deliveries = await sendAll(message, chosen, sender, until);
  show({ deliveries, unread: passed }, given.json === true, terminal);
  return deliveries.every(({ error }) => error === null) ? EXIT.ok : EXIT.failed;
}

function whyNone(target: string | undefined, config: string): string {
  if (target !== undefined) return `There is no notification target ${target} in ${config}.`;
  return `There are no notification targets in ${config}: add notifications.targets.`;
}

interface Result {
  readonly deliveries: readonly Delivery[];
  readonly unread: readonly string[];
}

function show({ deliveries, unread }: Result, json: boolean, { out }: Terminal): void {
  if (json) return void out.write(`${JSON.stringify({ targets: deliveries, notTried: unread }, null, 2)}\n`);
  for (const { target, error } of deliveries)
    out.write(error === null ? `${target}: accepted\n` : `${target}: failed: ${error}\n`);
  for (const name of unread)
    out.write(
      `${name}: not tried: only functions in AWS read its secret. Add urlFile or urlEnv to use it from here.\n`,
    );
}
