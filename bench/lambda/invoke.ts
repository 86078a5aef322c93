import { readFileSync, writeFileSync } from 'node:fs';

/** Hands a bundled function an event, as Lambda's runtime does: `node invoke.mjs <function> <event> <reply>`, all of them files. */
const [code = '', event = '', reply = ''] = process.argv.slice(2);
const { handler } = (await import(code)) as { handler: (event: unknown) => Promise<unknown> };
const result = await handler(JSON.parse(readFileSync(event, 'utf8'))).then(
  (output) => ({ output }),
  ({ name, message }: Error) => ({ error: { name, message } }),
);
// By the kernel, of this process alone; whoever looks from outside looks ten times a second.
const peakRss = process.resourceUsage().maxRSS * 1024;
writeFileSync(reply, JSON.stringify({ ...result, peakRss }));
// Lambda freezes it now, whatever connections are open.
process.exit();
