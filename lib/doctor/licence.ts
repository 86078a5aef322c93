import * as z from 'zod';
import { days } from '../base/durations.ts';
import type { Answering } from './answering.ts';
import { SOON_MS } from './certificate.ts';
import { checked, failed, notChecked, ok, warning } from './check.ts';
import type { Check } from './contract.ts';

const WHAT = 'licence';

const Licences = z.object({
  items: z.array(z.object({ expired: z.boolean().optional(), expiration_date: z.string().nullish() })),
});

/** Of the premium edition; the community edition has no such resource. Usable without a licence. */
export async function checkLicence({ http, date }: Answering): Promise<readonly Check[]> {
  return await checked(WHAT, async () => {
    const { status, json } = await http.call({ path: '/license' });
    if (status === 404) return ok(WHAT, 'this edition needs none');
    const parsed = Licences.safeParse(json);
    if (status !== 200 || !parsed.success) return notChecked(WHAT, `the manager shows none (HTTP ${status})`);
    const [licence] = parsed.data.items;
    if (!licence) return failed(WHAT, 'the manager has no licence, so it makes no snapshots. Install one.');
    if (licence.expired === true)
      return failed(WHAT, 'the licence has expired, so the manager makes no snapshots. Renew it.');
    const end = licence.expiration_date ? new Date(licence.expiration_date) : undefined;
    if (!end || Number.isNaN(end.getTime())) return ok(WHAT, 'the manager has a licence that does not expire');
    const until = end.toISOString().slice(0, 10);
    const left = end.getTime() - (date?.getTime() ?? Number.NEGATIVE_INFINITY);
    if (left > SOON_MS) return ok(WHAT, `the licence is valid until ${until}`);
    return warning(WHAT, `the licence ends on ${until}, in ${Math.floor(left / days(1))} days. Renew it.`);
  });
}
