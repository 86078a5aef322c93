import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfirmSubscriptionCommand, type SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';

/** What a subscriber of the topic was told. */
export interface Told {
  readonly subject: string;
  readonly message: string;
}

/** Somebody who has subscribed to the topic, with a web address. */
export interface Reader {
  readonly told: readonly Told[];
  /** The first message that fits, also one that came before. Fails after 20 s. */
  find(fits: (told: Told) => boolean): Promise<Told>;
  close(): Promise<void>;
}

export async function subscribe(sns: SNSClient, TopicArn: string): Promise<Reader> {
  const told: Told[] = [];
  let token: string | undefined;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { Type, Token, Subject, Message } = JSON.parse(Buffer.concat(chunks).toString());
    if (Type === 'SubscriptionConfirmation') token = Token;
    else told.push({ subject: Subject ?? '', message: Message });
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const Endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'http', Endpoint }));
  await sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token: await until('the topic asks', () => token) }));
  return {
    told,
    find: async (fits) => await until('the topic tells it', () => told.find(fits)),
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Looks every 100 ms, for 20 s. */
export async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let tenths = 0; tenths < 200; tenths += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`For 20 s it was not so that ${what}.`);
}
