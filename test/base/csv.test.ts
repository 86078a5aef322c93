import { expect, test } from 'vitest';
import { csvLine } from '../../lib/base/csv.ts';

test.each([
  ['=1+1', "'=1+1"],
  ['+49', "'+49"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['|cmd', "'|cmd"],
  ['%0A=1', "'%0A=1"],
  ['  =1', "'  =1"],
  ['\n=1', `"'\n=1"`],
  ['\t=1', `"'\t=1"`],
  ['\r=1', "'\ufffd=1"],
  ['\u200b=1', "'\ufffd=1"],
  ['\uff1d1+1', "'\uff1d1+1"],
  ['a,b', '"a,b"'],
  ['a;=b', '"a;=b"'],
  ['a "b", c', '"a ""b"", c"'],
  ['two\r\nlines', '"two\nlines"'],
  ['blank ', '"blank "'],
  ['prod-1', 'prod-1'],
  [null, ''],
  [undefined, ''],
  [true, 'true'],
  [-5, '-5'],
])('in CSV %j is one field that no spreadsheet takes for a formula', (value, field) => {
  expect(csvLine(['before', value, 'after'])).toBe(`before,${field},after\r\n`);
});
