import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import type { Operation } from '../../folder-s3/http/request.ts';
import type { FaultKind } from '../../folder-s3/service/faults.ts';
import type { StepName } from '../../lib/base/step-names.ts';
import { keysOf } from '../../lib/storage/layout.ts';
import type { FaultName, FaultParameters } from '../../simulator/manager/fault-parameters.ts';
import type { FaultScope } from '../../simulator/manager/faults.ts';
import type { World } from './world.ts';

/** Breaks something in a world; tells afterwards how often it struck, and mends it. */
export type Breakage = (world: World) => Broken;
export interface Broken {
  readonly hits: () => number;
  readonly mend: () => void | Promise<void>;
  /** Called before each call of a step. */
  readonly before?: (step: StepName, call: number) => Promise<void>;
}

interface OfManager extends FaultScope {
  /** Strikes only while this step is at work. */
  readonly step?: StepName;
}

/** Faults that are states of the manager: they are looked at, and nothing counts that. */
const CONDITIONS: ReadonlySet<FaultName> = new Set([
  'splitBrain',
  'statusFail',
  'monitoringDown',
  'dbFail',
  'brokerDown',
  'unlicensed',
  'changeEtagMidTransfer',
  'sameEtagOtherBytes',
] as const);

/** A fault of the manager. `times` as in the fault's own scope: without it, until mended. */
export function manager<Name extends FaultName>(
  name: Name,
  parameters: FaultParameters[Name],
  { step, path = /./, ...scope }: OfManager = {},
): Breakage {
  return (world) => {
    let looks = 0;
    const test = (text: string) => {
      const isMet = (step === undefined || world.step === step) && path.test(text);
      if (isMet) looks += 1;
      return isMet;
    };
    const counting = Object.assign(new RegExp(path), { test });
    const fault = world.manager.faults.inject(name, parameters, { ...scope, path: counting });
    return { hits: () => (CONDITIONS.has(name) ? looks : fault.hits), mend: () => fault.clear() };
  };
}

interface OfStorage {
  readonly operation: Operation;
  readonly step?: StepName;
  readonly key?: RegExp;
  readonly part?: number;
}

/** Faults of storage, one after the other, each once; or the only one for ever. */
export function storage(where: OfStorage, ...kinds: readonly FaultKind[]): Breakage {
  return storageFaults(where, kinds, 1);
}

export function storageForEver(where: OfStorage, kind: FaultKind): Breakage {
  return storageFaults(where, [kind], Number.POSITIVE_INFINITY);
}

function storageFaults(
  { operation, step, key, part }: OfStorage,
  kinds: readonly FaultKind[],
  times: number,
): Breakage {
  return (world) => {
    let hits = 0;
    let isMended = false;
    for (const kind of kinds) {
      const when = (target: { key: string; partNumber?: number }) => {
        if (isMended || (step && world.step !== step) || key?.test(target.key) === false) return false;
        if (part !== undefined && target.partNumber !== part) return false;
        hits += 1;
        return true;
      };
      world.s3.faults.add({ operation, kind, times, when });
    }
    const mend = () => {
      isMended = true;
    };
    return { hits: () => hits, mend };
  };
}

/** Somebody else's object lies where one of ours should be. It must be there, untouched, when the run is over. */
export function stranger(which: keyof ReturnType<typeof keysOf>, text: string, from: StepName = 'ClaimRun'): Breakage {
  return (world) => {
    let at: { Bucket: string; Key: string } | undefined;
    return {
      hits: () => (at ? 1 : 0),
      async before(step, call) {
        if (step !== from || call !== 1) return;
        at = { Bucket: world.bucket, Key: keysOf('m1', world.snapshotOfRun)[which] };
        await world.client.send(new PutObjectCommand({ ...at, Body: text }));
      },
      async mend() {
        if (!at) return;
        expect(await world.text(at.Key), "somebody else's object").toBe(text);
        await world.client.send(new DeleteObjectCommand(at));
      },
    };
  };
}

/** Something done to the world itself, which cannot miss. */
export function done(act: (world: World) => unknown): Breakage {
  return (world) => {
    act(world);
    return { hits: () => 1, mend: () => undefined };
  };
}
