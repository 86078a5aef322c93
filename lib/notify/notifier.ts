import type { Clock, Log, Metrics, Notifier, Occasion, Undelivered } from '../base/ports.ts';
import type { Redactor } from '../base/redact.ts';
import type { Target } from '../config/notifications.ts';
import { direct, type Network } from '../network/network.ts';
import { awaits, hears } from './hears.ts';
import { type Message, messageOf } from './message.ts';
import { LIMITS, type Limits, type ReadSecret, type Sender, type Sent, send } from './send.ts';
import { Undeliverable } from './undeliverable.ts';

export interface Targets {
  readonly targets: readonly Target[];
  readonly allowedHosts: readonly string[] | undefined;
}

export interface NotifierParts {
  readonly readSecret: ReadSecret;
  readonly redactor: Redactor;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly limits?: Limits;
  /** The proxies of this machine; without it none. */
  readonly network?: Network;
}

/** What became of one target. */
export interface Delivery {
  readonly target: string;
  /** Null: it was told. */
  readonly error: string | null;
}

/**
 * Tells the targets of a configuration, all at once. One that cannot be told is logged, counted, given back, and told of
 * by the others. It costs a run at most `limits.totalMs`, and never its outcome.
 */
export function targetsNotifier({ targets, allowedHosts }: Targets, parts: NotifierParts): Notifier {
  const { redactor, clock, log, metrics, limits = LIMITS } = parts;
  const network = parts.network ?? direct;
  const sender: Sender = { allowedHosts, readSecret: parts.readSecret, redactor, limits, network };
  const failed = (deliveries: readonly Delivery[], { about, manager }: Pick<Occasion, 'about' | 'manager'>) => {
    const undelivered = deliveries.flatMap(({ target, error }) => (error === null ? [] : [{ target, error }]));
    for (const one of undelivered) {
      log.warn(`The notification target ${one.target} could not be notified: ${one.error}.`, { about, manager });
      metrics.put('NotificationFailed', 'Count', 1, manager ?? 'all');
    }
    return undelivered;
  };
  return {
    async publish(subject, body, occasion) {
      const chosen = targets.filter((target) => hears(target, occasion));
      const until = AbortSignal.timeout(limits.totalMs);
      const message = messageOf(subject, body, { occasion, at: clock.now().toISOString(), redactor });
      const undelivered = failed(await sendAll(message, chosen, sender, until), occasion);
      const news = undelivered.filter(({ target }) => !occasion.silentBefore?.includes(target));
      const others = chosen.filter(
        ({ name, type }) => type !== 'ping' && undelivered.every((one) => one.target !== name),
      );
      if (news.length > 0 && others.length > 0)
        failed(await sendAll(aboutSilence(message, news), others, oneTry(sender), until), occasion);
      return undelivered;
    },
    async begun(occasion) {
      const chosen = targets.filter((target) => awaits(target, occasion));
      const of = { ...occasion, outcome: 'success' as const };
      const message = messageOf('begun', {}, { occasion: of, at: clock.now().toISOString(), redactor });
      const until = AbortSignal.timeout(limits.tryMs);
      failed(await sendAll({ ...message, isStart: true }, chosen, oneTry(sender), until), occasion);
    },
  };
}

const oneTry = (sender: Sender): Sender => ({ ...sender, limits: { ...sender.limits, tries: 1 } });

/** To each of the targets, whatever they hear otherwise. Never throws, and ends when `until` says so. */
export async function sendAll(
  message: Sent,
  targets: readonly Target[],
  sender: Sender,
  until: AbortSignal,
): Promise<Delivery[]> {
  return await Promise.all(
    targets.map(async (target): Promise<Delivery> => {
      try {
        await Promise.race([send(message, target, sender, until), late(until, sender.limits)]);
        return { target: target.name, error: null };
      } catch (error) {
        const why = error instanceof Undeliverable ? error.message : 'an internal error';
        return { target: target.name, error: sender.redactor.clean(why) };
      }
    }),
  );
}

/** For what listens to no signal, such as the reading of a secret. */
function late(until: AbortSignal, { totalMs }: Limits): Promise<never> {
  const error = new Undeliverable(`its time was up after ${totalMs / 1000} s`);
  return new Promise((_, reject) => {
    if (until.aborted) reject(error);
    else until.addEventListener('abort', () => reject(error), { once: true });
  });
}

function aboutSilence(message: Message, silent: readonly Undelivered[]): Message {
  const names = silent.map(({ target }) => target).join(', ');
  return {
    ...message,
    subject: `cloudify-offsite: notification target ${names} could not be notified`,
    occasion: { ...message.occasion, outcome: 'attention' },
    text: silent.map(({ target, error }) => `${target}: ${error}.`).join('\n'),
    facts: [['Message', message.subject], ...message.facts.filter(([label]) => label === 'Manager')],
    notes: ['You get this because you got that message. Correct the target, then try it: offsite notify --test.'],
    report: { message: `Notification targets could not be notified: ${names}.`, undelivered: silent },
  };
}
