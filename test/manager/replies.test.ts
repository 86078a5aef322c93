import { afterEach, describe, expect, test } from 'vitest';
import { Redactor } from '../../lib/base/redact.ts';
import { localDeps } from '../../lib/local/deps.ts';
import { connectionError } from '../../lib/manager/connection-errors.ts';
import { errorOf } from '../../lib/manager/replies.ts';
import { parseSecret } from '../../lib/manager/secret.ts';

const secret = { endpoints: ['https://m1.example'], username: 'admin', password: 'secret-password' };
const parse = (more: object) => () => parseSecret('m1', JSON.stringify({ ...secret, ...more }), new Redactor());

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))));

describe('a secret', () => {
  test.each(['https://joe@m1.example', 'https://joe:pw@m1.example', 'https://:pw@m1.example'])(
    'with credentials in an endpoint is refused: %s',
    (endpoint) => expect(parse({ endpoints: [endpoint] })).toThrow(/endpoints.*must not hold a user name or password/),
  );

  test.each(['', 'two words', 'tenant\n', 'tänant', 'x'.repeat(257)])('with the tenant %j is refused', (tenant) =>
    expect(parse({ tenant })).toThrow(/tenant: must be 1-256 .*ASCII/),
  );

  test.each([{ password: 'admin\r' }, { password: ' x' }, { token: 'a\nb', username: undefined, password: undefined }])(
    'that brought the line end of its file along is refused: %j',
    (more) => expect(parse(more)).toThrow(/(password|token): must not (begin or end with white space|hold control)/),
  );

  test('with any tenant that a header carries is taken', () => {
    expect(parse({ tenant: 'default_tenant-2.x/~' })()).toMatchObject({ tenant: 'default_tenant-2.x/~' });
  });

  test('whose token no header can carry is told at once, and not tried for half an hour', async () => {
    const token = 'token-in-€uro';
    const deps = localDeps({
      secret: { endpoints: ['http://127.0.0.1:1'], token },
      s3: undefined as never,
      bucket: 'none',
      signal: new AbortController().signal,
    });
    closing.push(() => deps.close());
    const client = await deps.managers.open('m1');
    await expect(client.call({ path: '/version' })).rejects.toMatchObject({
      name: 'InvalidSecret',
      message: expect.stringMatching(/token.*no HTTP header can carry/),
    });
  });
});

test('what a library calls a wrong argument is no outage', () => {
  const wrong = Object.assign(new Error('invalid tenant header'), { code: 'UND_ERR_INVALID_ARG' });
  expect(connectionError(wrong, 'm1', 'https://m1', new AbortController().signal).name).toBe('InvalidSecret');
});

test('a flag that a crashed restore has left is named, with its file', () => {
  const reply = { status: 503, json: {}, code: 'in_snapshot_restore_error', message: '' };
  const error = errorOf(reply as Parameters<typeof errorOf>[0], 'Manager m1 at https://m1 (cluster status)');
  expect(error.name).toBe('ManagerBusy');
  expect(error.message).toMatch(
    /If none is, .*remove \/opt\/manager\/snapshot_status\/snapshot_restoring on that node/,
  );
});

test('a password in front of which no user stands is seen as well', () => {
  const text = 'fetch https://:pw-of-nobody@files.example/a.zip and redis://:other-one@cache failed';
  const cleaned = new Redactor().clean(text);
  expect(cleaned).not.toMatch(/pw-of-nobody|other-one/);
  expect(cleaned).toMatch(/https:\/\/\[redacted\]@files\.example/);
});
