import { days } from '../base/durations.ts';
import { clearTextWarnings } from '../manager/clear-text.ts';
import { WHERE_CA_GOES } from '../manager/connection-errors.ts';
import { chainOf, day, namesOf, sentence } from '../network/certificate-fault.ts';
import { seenCertificate } from '../network/look.ts';
import type { Network } from '../network/network.ts';
import { failed, notChecked, ok, warning } from './check.ts';
import type { Check } from './contract.ts';

/** A certificate that ends sooner is warned of. */
export const SOON_MS = days(30);

const WHAT = 'certificate';

/** The certificate of one node: trust, names and chain, and when the first of its chain ends. */
export async function checkCertificate(
  node: string,
  { network, ca, now }: { readonly network: Network; readonly ca: string | undefined; readonly now: Date },
): Promise<Check> {
  if (!node.startsWith('https:')) {
    const [warned] = clearTextWarnings('', [node]);
    return warned
      ? warning(WHAT, `${node} is not encrypted. Use https:// if the manager can.`)
      : ok(WHAT, `${node} is on this machine, without TLS`);
  }
  const seen = await seenCertificate(node, network, ca);
  if (!seen?.certificate.valid_to) return notChecked(WHAT, `${node} shows no certificate`);
  const { certificate, code } = seen;
  if (code !== undefined) {
    const fault = sentence({ code, address: node }, certificate, WHERE_CA_GOES);
    return failed(WHAT, `CertificateUntrusted: ${node} ${fault}`);
  }
  const [first = certificate] = chainOf(certificate).sort((a, b) => endOf(a) - endOf(b));
  const whose = first === certificate ? 'that' : `the CA "${first.subject.CN}" that signed that`;
  const until = `${whose} of ${node} is valid until ${day(first.valid_to)}, for ${namesOf(certificate)}`;
  if (endOf(first) - now.getTime() > SOON_MS) return ok(WHAT, until);
  const left = Math.max(0, Math.floor((endOf(first) - now.getTime()) / days(1)));
  return warning(WHAT, `${until}. Renew it within ${left} days.`);
}

const endOf = ({ valid_to }: { readonly valid_to: string }) => new Date(valid_to).getTime();
