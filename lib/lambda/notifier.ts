import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ReportFailed } from '../base/errors.ts';
import type { Clock, Log, Metrics, Notifier } from '../base/ports.ts';
import type { Redactor } from '../base/redact.ts';
import { placeOf } from '../config/notifications.ts';
import type { Network } from '../network/network.ts';
import { hears } from '../notify/hears.ts';
import { type Targets, targetsNotifier } from '../notify/notifier.ts';
import type { ReadSecret } from '../notify/send.ts';
import type { AwsFailure, Patience } from './aws-client.ts';
import { type Topics, topicNotifier } from './topics.ts';

interface Parts {
  readonly redactor: Redactor;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly patience: Patience;
  readonly network: Network;
}

/** The topics of an installation, and the targets of its configuration beside them. */
export function awsNotifier(topics: Topics, { targets, allowedHosts }: Targets, parts: Parts): Notifier {
  const topic = topicNotifier(topics, parts.patience);
  if (targets.length === 0) return topic;
  const direct = targetsNotifier({ targets, allowedHosts }, { ...parts, readSecret: targetSecrets(parts.patience) });
  return {
    async publish(subject, body, occasion) {
      const refused = await topic.publish(subject, body, occasion).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (refused !== undefined && !(refused instanceof ReportFailed)) throw refused;
      const undelivered = (await direct.publish(subject, body, occasion)) ?? [];
      if (refused === undefined) return undelivered;
      const told = targets.filter((target) => hears(target, occasion)).length - undelivered.length;
      // Whoever is told by a target must not be told again because a topic is away.
      if (told <= 0) throw refused;
      parts.log.warn(refused.message);
      return [...undelivered, { target: 'sns', error: 'the topic did not take the message' }];
    },
    begun: async (occasion) => await direct.begun?.(occasion),
  };
}

/** Read for each message: they are few, and a secret that was replaced counts at once. */
function targetSecrets(patience: Patience): ReadSecret {
  const client = new SecretsManagerClient(patience);
  return async (target, abortSignal) => {
    const { secret } = placeOf(target);
    if (secret === undefined) return undefined;
    try {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secret.id }), { abortSignal });
      if (SecretString) return SecretString;
    } catch (error) {
      throw new Error(`its secret ${secret.id} cannot be read (${(error as AwsFailure).name ?? 'Error'})`);
    }
    throw new Error(`its secret ${secret.id} is empty or holds bytes`);
  };
}
