import { readFileSync } from 'node:fs';
import type { SimulatedManagerOptions } from '../../simulator/manager/options.ts';
import { startSimulatedManager } from '../../simulator/manager/server.ts';

// Runs where the managers are: bundled, on an instance that has nothing but Node.js, or on this machine.

export interface Served {
  readonly managers: readonly SimulatedManagerOptions[];
  /** Ends with its standard input, for whoever started it may be killed. */
  readonly endsWithInput: boolean;
}

const { managers, endsWithInput } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Served;
const running = await Promise.all(managers.map((options) => startSimulatedManager(options)));
process.stdout.write(`${JSON.stringify(running.map(({ urls }) => urls[0]))}\n`);
if (endsWithInput) process.stdin.on('end', () => process.exit(0)).resume();
