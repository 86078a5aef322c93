import { expect, test } from 'vitest';
import { defined } from '../../lib/base/defined.ts';

test('only what is undefined is left out: null, false, zero and an empty text are said', () => {
  const said = { none: null, no: false, zero: 0, empty: '' };
  expect(Object.keys(defined({ ...said, gone: undefined }))).toEqual(Object.keys(said));
  // A type with an optional field takes it as it is.
  const reason = 'storm' as string | undefined;
  const record: { manager: string; reason?: string } = { manager: 'm1', ...defined({ reason }) };
  expect(record).toEqual({ manager: 'm1', reason: 'storm' });
});
