import type { Contender } from './contenders.ts';
import { type Measured, measure, measureWithin, median } from './measure.ts';

export interface Result {
  readonly name: string;
  readonly kind: Contender['kind'];
  readonly bytes: number;
  /** Of the function in whose limits it ran; 0 without limits. */
  readonly memoryMB: number;
  readonly rounds: readonly Measured[];
  /** Medians. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly cpuPerGiB: number;
  readonly mbPerSecond: number;
  /** The highest of all rounds, in MB. */
  readonly peakMB: number;
  /** The same of its control group; 0 where it had none. */
  readonly peakGroupMB: number;
}

/**
 * Each contender once per round, one after the other: what disturbs the machine disturbs all of them. A rival that fails is told
 * and left out; what is ours must not fail.
 */
export async function interleaved(contenders: readonly Contender[], bytes: number, rounds: number): Promise<Result[]> {
  const measured = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    // Another order each time, so that nobody always follows the same one.
    for (let i = 0; i < contenders.length; i++) {
      const contender = contenders[(i + round) % contenders.length];
      const taken = contender && measured.get(contender.name);
      if (!taken) continue;
      const one = await attempted(contender);
      if (!one) {
        measured.delete(contender.name);
        continue;
      }
      taken.push(one);
      const numbers = `${one.seconds.toFixed(1)} s, ${one.cpuSeconds.toFixed(1)} CPU s`;
      process.stderr.write(
        `${(bytes / 2 ** 30).toFixed(1)} GiB, round ${round}/${rounds}: ${contender.name}: ${numbers}\n`,
      );
    }
  }
  return contenders.flatMap((contender) => {
    const taken = measured.get(contender.name);
    return taken ? [summed(contender, bytes, taken)] : [];
  });
}

async function attempted({ name, kind, command, env, memoryMB }: Contender): Promise<Measured | undefined> {
  try {
    return await (memoryMB === undefined ? measure(command, env) : measureWithin(memoryMB, command, env));
  } catch (error) {
    if (kind === 'ours') throw error;
    process.stderr.write(`${name} is left out, because it failed: ${(error as Error).message}\n`);
    return undefined;
  }
}

function summed({ name, kind, memoryMB = 0 }: Contender, bytes: number, rounds: readonly Measured[]): Result {
  const seconds = median(rounds.map((one) => one.seconds));
  const cpuSeconds = median(rounds.map((one) => one.cpuSeconds));
  return {
    name,
    kind,
    bytes,
    memoryMB,
    rounds,
    seconds,
    cpuSeconds,
    cpuPerGiB: cpuSeconds / (bytes / 2 ** 30),
    mbPerSecond: bytes / 1e6 / seconds,
    peakMB: Math.max(...rounds.map((one) => one.peakRss)) / 1e6,
    peakGroupMB: Math.max(...rounds.map((one) => one.peakGroup ?? 0)) / 1e6,
  };
}
