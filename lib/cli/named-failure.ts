import { diskReason } from '../base/disk-errors.ts';
import { ContractViolation, Interrupted, OffsiteError, StorageRefused } from '../base/errors.ts';

/** Names that JavaScript and Node give; every other name is one of ours, and has a page in docs/reference/errors. */
const NAMELESS = /^(\w*[a-z])?(Error|Exception)$/;
const OURS = new Set(['UsageError']);

/** What ends a command, under a name that is documented. Nothing else may reach a person or a script. */
export function namedFailure(error: unknown, interrupt: AbortSignal): Error {
  if (error instanceof OffsiteError) return error;
  const reason = diskReason(error);
  if (reason) {
    const { path = 'A file' } = error as NodeJS.ErrnoException;
    return new StorageRefused(`${path} cannot be used: ${reason.what}. ${reason.advice}`, { cause: error });
  }
  const { name = '', message = String(error) } = (error ?? {}) as Partial<Error>;
  if (error instanceof Error && !isNameless(name)) return error;
  if (interrupt.aborted) return new Interrupted('Stopped before it was over.');
  const { code, syscall, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (code && syscall && path !== undefined)
    return new StorageRefused(`${path} cannot be used: the system refuses (${code}, ${syscall}).`, { cause: error });
  const what = `${name}: ${message}`.replace(/^(Error)?: /, '').replace(/\.$/, '');
  return new ContractViolation(`${what}. This is a defect of offsite: report it, with the version.`, { cause: error });
}

const isNameless = (name: string) => name === '' || (NAMELESS.test(name) && !OURS.has(name));
