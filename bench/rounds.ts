import type { Contender } from './contenders.ts';
import { type Measured, measure, median } from './measure.ts';

export interface Result {
  readonly name: string;
  readonly kind: Contender['kind'];
  readonly bytes: number;
  readonly rounds: readonly Measured[];
  /** Medians. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly cpuPerGiB: number;
  readonly mbPerSecond: number;
  /** The highest of all rounds, in MB. */
  readonly peakMB: number;
}

/** Each contender once per round, one after the other: what disturbs the machine disturbs all of them. */
export async function interleaved(contenders: readonly Contender[], bytes: number, rounds: number): Promise<Result[]> {
  const measured = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    // Another order each time, so that nobody always follows the same one.
    for (let i = 0; i < contenders.length; i++) {
      const contender = contenders[(i + round) % contenders.length];
      if (!contender) continue;
      const one = await measure(contender.command, contender.env);
      measured.get(contender.name)?.push(one);
      const numbers = `${one.seconds.toFixed(1)} s, ${one.cpuSeconds.toFixed(1)} CPU s`;
      process.stderr.write(
        `${(bytes / 2 ** 30).toFixed(1)} GiB, round ${round}/${rounds}: ${contender.name}: ${numbers}\n`,
      );
    }
  }
  return contenders.map((contender) => summed(contender, bytes, measured.get(contender.name) ?? []));
}

function summed({ name, kind }: Contender, bytes: number, rounds: readonly Measured[]): Result {
  const seconds = median(rounds.map((one) => one.seconds));
  const cpuSeconds = median(rounds.map((one) => one.cpuSeconds));
  return {
    name,
    kind,
    bytes,
    rounds,
    seconds,
    cpuSeconds,
    cpuPerGiB: cpuSeconds / (bytes / 2 ** 30),
    mbPerSecond: bytes / 1e6 / seconds,
    peakMB: Math.max(...rounds.map((one) => one.peakRss)) / 1e6,
  };
}
