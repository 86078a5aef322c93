import { createPublicKey } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { signDigest } from './sign-digest.ts';

/** The beginning of executions' ids; they run as long as the bench. */
export const EXECUTION = 'arn:aws:states:us-east-1:111122223333:execution:';

interface Answers {
  /** What Secrets Manager has of each manager. */
  readonly secret: string;
  /** The private key that KMS keeps. */
  readonly pem: string;
}

/** What functions ask of AWS beside S3: Secrets Manager, KMS, Step Functions and SNS, each as far as a run needs it. Gives its address. */
export async function otherServices(answers: Answers): Promise<string> {
  const server = createServer(async (request, response) => {
    const [, operation = 'Publish'] = String(request.headers['x-amz-target'] ?? '').split('.');
    const body = await text(request);
    // SNS speaks forms and XML, all others JSON.
    const reply = operation === 'Publish' ? PUBLISHED : replyTo(operation, JSON.parse(body), answers);
    if (reply === undefined) response.writeHead(400).end(JSON.stringify({ __type: 'ExecutionDoesNotExist' }));
    else response.end(typeof reply === 'string' ? reply : JSON.stringify(reply));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

const PUBLISHED = '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>';

function replyTo(operation: string, asked: Record<string, string>, { secret, pem }: Answers): object | undefined {
  switch (operation) {
    case 'GetSecretValue':
      return { SecretString: secret };
    case 'GetPublicKey':
      return { PublicKey: createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('base64') };
    case 'Sign':
      return { Signature: signDigest(pem, Buffer.from(asked['Message'] ?? '', 'base64')).toString('base64') };
    case 'DescribeKey':
      return { KeyMetadata: { KeyId: asked['KeyId'], KeyState: 'Enabled' } };
    default:
      return asked['executionArn']?.startsWith(EXECUTION) ? { status: 'RUNNING' } : undefined;
  }
}
