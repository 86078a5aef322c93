import { execFile } from 'node:child_process';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { Redactor } from '../../lib/base/redact.ts';
import { newAgent } from '../../lib/manager/agent.ts';
import { clearTextWarnings } from '../../lib/manager/clear-text.ts';
import { replyFrom } from '../../lib/manager/reply.ts';
import { makeCertificates } from '../../simulator/manager/certificate.ts';

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => void close()));

describe('a server that offers', () => {
  test.each([
    ['TLS 1.2 with forward secrecy', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }, true],
    ['TLS 1.3', { minVersion: 'TLSv1.3' }, true],
    ['TLS 1.2 without forward secrecy', { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' }, false],
    ['TLS 1.2 without forward secrecy, GCM', { maxVersion: 'TLSv1.2', ciphers: 'AES256-GCM-SHA384' }, false],
    ['TLS 1.1', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }, false],
  ] as const)('%s', async (_name, options, isTaken) => {
    const { key, cert, caPem } = makeCertificates('rsa');
    let requests = 0;
    const server = createServer({ key, cert, ...options }, (_request, response) => {
      requests += 1;
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const agent = newAgent(caPem);
    closing.push(
      () => server.close(),
      () => void agent.destroy(),
    );
    const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const status = await agent.request({ origin, path: '/', method: 'GET' }).then(
      ({ statusCode }) => statusCode,
      () => undefined,
    );
    expect([status, requests]).toEqual(isTaken ? [200, 1] : [undefined, 0]);
  });
});

test('the command line refuses to run when Node is told to check no certificate', async () => {
  const bin = fileURLToPath(new URL('../../bin/offsite.ts', import.meta.url));
  const env = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
  const failed = await promisify(execFile)(process.execPath, [bin, '--version'], { env }).catch((error) => error);
  expect(failed).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('NODE_TLS_REJECT_UNAUTHORIZED=0 turns off'),
  });
});

test('credentials that travel unencrypted are warned of, but not on this machine', () => {
  const endpoints = [
    'http://127.0.0.1:1',
    'http://localhost',
    'http://[::1]',
    'https://m1.example',
    'http://m1.example',
  ];
  expect(clearTextWarnings('m1', endpoints)).toEqual([expect.stringContaining('m1 at http://m1.example')]);
});

describe('JSON that costs more memory than a small function has is not parsed:', () => {
  const reply = (text: string) => replyFrom({ statusCode: 200, headers: {} }, Buffer.from(text), new Redactor());
  test.each([
    ['brackets', '['.repeat(3_000_000)],
    ['pairs of brackets', `[${'[],'.repeat(2_000_000)}0]`],
    ['numbers', `[${'1,'.repeat(3_000_000)}1]`],
    ['empty texts', `[${'"",'.repeat(2_000_000)}1]`],
    ['an open text', `"${'\\"'.repeat(3_000_000)}`],
  ])('%s', (_name, text) => {
    const before = process.memoryUsage().heapUsed;
    expect(reply(text).json).toBeUndefined();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
  });
  test('brackets and commas inside texts cost nothing and count nothing', () => {
    const log = { message: '\u001b[31m[[[{,"\\'.repeat(100_000) };
    expect(reply(JSON.stringify(log)).json).toEqual(log);
  });
});
