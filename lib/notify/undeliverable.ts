import { INSIDE_CODE } from '../base/guarded-lookup.ts';
import { codeOf } from '../manager/connection-errors.ts';
import { isCertificateCode } from '../network/certificate-fault.ts';

/**
 * Why a target could not be notified, in words of ours alone: what a server or a library says may hold the address. Stays
 * within this folder; a run never meets it.
 */
export class Undeliverable extends Error {
  override readonly name = 'Undeliverable';
  /** Another try may end otherwise. */
  readonly mayPass: boolean;

  constructor(message: string, mayPass = false) {
    super(message);
    this.mayPass = mayPass;
  }
}

export const PRIVATE =
  'its host has an address of a private network: set allowPrivateAddresses of the target if that is right';

/** What a socket threw, by its code alone. */
export function undeliverable(error: unknown, patience: string): Undeliverable {
  if (error instanceof Undeliverable) return error;
  const code = codeOf(error);
  if (code === INSIDE_CODE) return new Undeliverable(PRIVATE);
  if (isCertificateCode(code)) return new Undeliverable(`its certificate is not trusted (${code})`);
  if (code === 'ENOTFOUND') return new Undeliverable('the name of its host does not resolve from here', true);
  if (isLate(error, code)) return new Undeliverable(`it did not answer within ${patience}`, true);
  return new Undeliverable(
    `the connection failed (${/^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code : 'no reason given'})`,
    true,
  );
}

function isLate(error: unknown, code: string): boolean {
  const isAborted = error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
  return isAborted || /TIME_?OUT|ETIMEDOUT|^ABORT_ERR$/.test(code);
}
