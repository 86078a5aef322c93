import { join } from 'node:path';
import { installVenv } from '../support/python-venv.ts';

export const root = join(import.meta.dirname, '..', '..');
const folder = join(root, '.tools', 'lint-aws');

/** Where its programs are. */
export const bin = join(folder, 'bin');

/** Installs the linters into `.tools/`: about 20 s, once. Runs before all tests. */
export default async function install(): Promise<void> {
  await installVenv({
    folder,
    requirements: join(import.meta.dirname, 'requirements.txt'),
    commands: ['python3', 'python'],
    isRight: ([major = 0, minor = 0]) => major > 3 || (major === 3 && minor >= 10),
    needs: 'npm run lint:aws needs Python 3.10 or later, for cfn-lint.',
    debian: 'python3-venv',
    what: 'cfn-lint',
  });
}
