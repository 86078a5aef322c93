import { join } from 'node:path';
import { installVenv, PYTHON_310 } from '../support/python-venv.ts';

export const root = join(import.meta.dirname, '..', '..');
const folder = join(root, '.tools', 'lint-aws');

/** Where its programs are. */
export const bin = join(folder, 'bin');

/** Installs the linters into `.tools/`: about 20 s, once. Runs before all tests. */
export default async function install(): Promise<void> {
  await installVenv({
    folder,
    requirements: join(import.meta.dirname, 'requirements.txt'),
    ...PYTHON_310,
    needs: 'npm run lint:aws needs Python 3.10 or later, for cfn-lint.',
    what: 'cfn-lint',
  });
}
