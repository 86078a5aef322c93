import { writeFile } from 'node:fs/promises';
import { lintDocuments, lintSources, NOT_YET_CLEAN } from './lint.ts';
import { complaints, lowered } from './not-yet-clean.ts';

// npm run lint:prose [-- --lower | FILE…]: with FILEs it shows all their findings, allowed or not.
const found = new Map([...(await lintDocuments()), ...(await lintSources())]);
const asked = process.argv.slice(2);
if (asked[0] === '--lower') {
  const list = JSON.stringify(lowered(found, NOT_YET_CLEAN), null, 2);
  await writeFile(new URL('not-yet-clean.json', import.meta.url), `${list}\n`);
} else {
  const chosen = new Map([...found].filter(([file]) => asked.includes(file)));
  const lines = asked.length > 0 ? complaints(chosen, {}) : complaints(found, NOT_YET_CLEAN);
  for (const line of lines) process.stdout.write(`${line}\n`);
  if (lines.length > 0) process.exitCode = 1;
  else
    process.stdout.write(
      `${found.size} documents and files of source, ${Object.keys(NOT_YET_CLEAN).length} of them not yet clean. No new findings.\n`,
    );
}
