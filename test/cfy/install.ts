import { join } from 'node:path';
import { installVenv } from '../support/python-venv.ts';

const folder = join(import.meta.dirname, '..', '..', '.tools', 'cfy');

/** The vendor's command line. */
export const cfy = join(folder, 'bin', 'cfy');

/** Installs the client into `.tools/cfy`: half a minute, once. Runs before all tests. */
export default async function install(): Promise<void> {
  await installVenv({
    folder,
    requirements: join(import.meta.dirname, 'requirements.txt'),
    commands: ['python3.11', 'python3', 'python'],
    // The client imports modules that later Pythons have dropped, and its pinned packages have wheels for this one.
    isRight: ([major, minor]) => major === 3 && minor === 11,
    needs: "npm run test:cfy needs Python 3.11, for cloudify 7.0.5, the vendor's client.",
    debian: 'python3.11-venv',
    what: 'cloudify 7.0.5',
  });
}
