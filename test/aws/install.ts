import { join } from 'node:path';
import { installVenv, PYTHON_310 } from '../support/python-venv.ts';

export const root = join(import.meta.dirname, '..', '..');
const folder = join(root, '.ministack');

/** Of the environment that holds the emulator. */
export const python = join(folder, 'bin', 'python');

/** Installs the emulator into `.ministack/`: about 15 s, once. Runs before all tests. */
export default async function install(): Promise<void> {
  await installVenv({
    folder,
    requirements: join(import.meta.dirname, 'requirements.txt'),
    ...PYTHON_310,
    needs: 'npm run test:aws needs Python 3.10 or later, for MiniStack, an emulator of AWS.',
    what: 'MiniStack',
  });
}
