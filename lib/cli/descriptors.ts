import { InvalidConfiguration } from '../base/errors.ts';
import { FEWEST_FILES, openFilesLimit } from '../base/open-files.ts';

/** Throws `InvalidConfiguration` where a command would fail in its middle. */
export function requireDescriptors(): void {
  const limit = openFilesLimit();
  if (limit >= FEWEST_FILES) return;
  throw new InvalidConfiguration(
    `This process may open ${limit} files at once, and offsite needs ${FEWEST_FILES}: raise the limit (ulimit -n) to 256 or more.`,
  );
}
