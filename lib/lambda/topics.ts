import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { ReportFailed } from '../base/errors.ts';
import type { Notifier, Occasion } from '../base/ports.ts';
import type { Patience } from './aws-client.ts';

/** ARNs of the topics of an installation. */
export interface Topics {
  /** Of every message. */
  readonly all: string | undefined;
  /** Without what went well, but with the digest; undefined: the configuration asks for none. */
  readonly failures: string | undefined;
}

/**
 * Publishes to SNS. The attributes of a message (`about`, `outcome`, `manager`) are what filter policies of subscriptions
 * look at. Throws `ReportFailed`.
 */
export function topicNotifier({ all, failures }: Topics, patience: Patience): Notifier {
  const client = new SNSClient(patience);
  const publishTo = async (arn: string, subject: string, message: string, occasion: Occasion) => {
    const MessageAttributes = attributesOf(occasion);
    const command = { TopicArn: arn, Subject: subject.slice(0, 100), Message: message, MessageAttributes };
    try {
      await client.send(new PublishCommand(command));
    } catch (error) {
      const name = error instanceof Error ? error.name : 'unknown error';
      throw new ReportFailed(`The report could not be sent to ${arn} (${name}): ${subject}.`);
    }
  };
  return {
    async publish(subject, body, occasion) {
      const isForBoth = occasion.outcome !== 'success' || occasion.about === 'digest';
      const arns = [all, isForBoth ? failures : undefined].filter((arn) => arn !== undefined);
      const message = JSON.stringify(body, null, 2);
      await Promise.all(arns.map((arn) => publishTo(arn, subject, message, occasion)));
      return undefined;
    },
  };
}

function attributesOf({ about, outcome, manager }: Occasion) {
  const text = (StringValue: string) => ({ DataType: 'String', StringValue });
  return { about: text(about), outcome: text(outcome), ...(manager === null ? {} : { manager: text(manager) }) };
}
