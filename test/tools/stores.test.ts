import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { matrixOf, readResults, type StoreResult } from '../../tools/store-matrix.ts';

const document = readFileSync(new URL('../../docs/reference/stores.md', import.meta.url), 'utf8');

test('the matrix of stores is what npm run test:stores has found', () => {
  expect(document.endsWith(matrixOf(readResults()))).toBe(true);
});

test('a store that is refused, or on which a command fails, is not shown as one that works', () => {
  const one = readResults().find(({ product }) => product !== null);
  if (!one?.product) throw new Error('There is no result.');
  const refused: StoreResult = { ...one, capabilities: null, refused: 'Bucket x cannot', product: null };
  const failing: StoreResult = { ...one, product: { ...one.product, verify: 'exit code 1: why' } };
  expect(matrixOf([one])).toContain('| all succeed |');
  expect(matrixOf([refused])).toMatch(/\| refused \| - \|[\s\S]*: refused: `Bucket x cannot`/);
  expect(matrixOf([failing])).toMatch(/\| see below \|[\s\S]*`verify`: `exit code 1: why`/);
});
