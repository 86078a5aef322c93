import type { FaultName, FaultParameters } from './fault-parameters.ts';

export interface FaultScope {
  /** How often it strikes; without it, until it is cleared. Conditions (health, split, broker) end only that way. */
  readonly times?: number;
  /** Requests to let pass first. */
  readonly after?: number;
  readonly node?: number;
  readonly method?: string;
  /** Matched against the path with its query. */
  readonly path?: RegExp;
}

export interface Strike {
  readonly node: number;
  readonly method: string;
  readonly path: string;
}

export interface InjectedFault {
  readonly name: FaultName;
  /** How often it has struck. */
  readonly hits: number;
  clear(): void;
}

interface Entry {
  readonly name: FaultName;
  readonly parameters: object;
  readonly scope: FaultScope;
  toPass: number;
  left: number;
  hits: number;
  /** The request that met it last, so that one request counts once. */
  lastMet?: Strike;
}

function applies({ scope, left }: Entry, strike: Strike): boolean {
  if (left <= 0) return false;
  if (scope.node !== undefined && scope.node !== strike.node) return false;
  if (scope.method !== undefined && scope.method !== strike.method) return false;
  return scope.path === undefined || scope.path.test(strike.path);
}

/** The switchboard of faults of one simulated manager. The latest injected is asked first. */
export class ManagerFaults {
  #entries: Entry[] = [];

  inject<Name extends FaultName>(name: Name, parameters: FaultParameters[Name], scope: FaultScope = {}): InjectedFault {
    const entry: Entry = {
      name,
      parameters,
      scope,
      toPass: scope.after ?? 0,
      left: scope.times ?? Number.POSITIVE_INFINITY,
      hits: 0,
    };
    this.#entries.unshift(entry);
    return {
      name,
      get hits() {
        return entry.hits;
      },
      clear: () => {
        entry.left = 0;
      },
    };
  }

  /** Without a name everything is well again. */
  clear(name?: FaultName): void {
    this.#entries = name === undefined ? [] : this.#entries.filter((entry) => entry.name !== name);
  }

  /** The fault strikes this request, and that counts. */
  take<Name extends FaultName>(name: Name, strike: Strike): FaultParameters[Name] | undefined {
    const entry = this.#find(name, strike);
    if (entry === undefined) return undefined;
    if (entry.toPass > 0) {
      entry.toPass -= 1;
      return undefined;
    }
    entry.left -= 1;
    entry.hits += 1;
    return entry.parameters as FaultParameters[Name];
  }

  /** A fault that is a condition rather than an event: a request that meets it counts, but does not use it up. */
  condition<Name extends FaultName>(name: Name, strike: Strike): FaultParameters[Name] | undefined {
    const entry = this.#find(name, strike);
    if (entry === undefined) return undefined;
    if (entry.lastMet !== strike) entry.hits += 1;
    entry.lastMet = strike;
    return entry.parameters as FaultParameters[Name];
  }

  /** Only looks: whether the fault strikes depends on more than the request. */
  peek<Name extends FaultName>(name: Name, strike: Strike): FaultParameters[Name] | undefined {
    return this.#find(name, strike)?.parameters as FaultParameters[Name] | undefined;
  }

  #find(name: FaultName, strike: Strike): Entry | undefined {
    return this.#entries.find((one) => one.name === name && applies(one, strike));
  }
}
