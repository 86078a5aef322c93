import { expect, test } from 'vitest';
import { main } from '../../lib/cli/main.ts';
import { VirtualClock } from '../support/clock.ts';
import { signing } from '../support/signing.ts';

/** What `GET /version` says of the manager that these options start, before it is interrupted. */
async function versionOf(...options: string[]): Promise<{ version: string; edition: string }> {
  const stop = new AbortController();
  let said = '';
  let version: Promise<{ version: string; edition: string }> | undefined;
  const ask = async (url: string) => {
    const authorization = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
    const answer = await fetch(`${url}/api/v3.1/version`, { headers: { authorization } });
    stop.abort();
    return (await answer.json()) as { version: string; edition: string };
  };
  const out = {
    write: (text: string) => {
      said += text;
      const [url] = /http:\S+(?=, user)/.exec(said) ?? [];
      if (url) version ??= ask(url);
    },
  };
  const quiet = { write: () => undefined };
  const terminal = { out, err: quiet, interrupt: stop.signal, clock: new VirtualClock(), signing };
  expect(await main(['simulate-manager', ...options], terminal)).toBe(0);
  return await (version ?? Promise.reject(new Error(said)));
}

test.each([
  ['as recorded, unless told', [], '7.0.5', 'premium'],
  ['a community manager', ['--edition', 'community'], '7.0.5', 'community'],
  ['an older one', ['--version', '6.4.2', '--edition', 'premium'], '6.4.2', 'premium'],
])('simulate-manager: %s', async (_, options, version, edition) => {
  expect(await versionOf(...options)).toMatchObject({ version, edition });
});
