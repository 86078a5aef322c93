import { join } from 'node:path';
import { installVenv } from '../support/python-venv.ts';

export const root = join(import.meta.dirname, '..', '..');
const folder = join(root, '.ministack');

/** Of the environment that holds the emulator. */
export const python = join(folder, 'bin', 'python');

/** Installs the emulator into `.ministack/`: about 15 s, once. Runs before all tests. */
export default async function install(): Promise<void> {
  await installVenv({
    folder,
    requirements: join(import.meta.dirname, 'requirements.txt'),
    commands: ['python3', 'python'],
    isRight: ([major = 0, minor = 0]) => major > 3 || (major === 3 && minor >= 10),
    needs: 'npm run test:aws needs Python 3.10 or later, for MiniStack, an emulator of AWS.',
    debian: 'python3-venv',
    what: 'MiniStack',
  });
}
