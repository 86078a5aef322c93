import { type State, type States, stateOf } from './machine-graph.ts';
import { heightOf } from './machine-layout.ts';
import type { Box } from './svg.ts';

/** Where the states of a Map's round stand, for a round of several: the way on the left, what follows an error on the right. */
export interface RoundPlaces {
  readonly way: readonly (readonly [string, Box])[];
  readonly afterErrors: readonly (readonly [string, Box])[];
}

const HEAD = 34;
const FOOT = 24;
const GAP = 20;
const MARGIN = 13;
/** How much of the width is the way's. */
const SHARE = 0.56;

interface Round {
  readonly states: States;
  readonly way: readonly string[];
  readonly afterErrors: readonly string[];
}

/** Undefined for a Map whose round is one state: that is drawn as a pile of it. */
export function roundOf(state: State): Round | undefined {
  const { ItemProcessor } = state;
  if (!ItemProcessor || Object.keys(ItemProcessor.States).length === 1) return undefined;
  const way: string[] = [];
  for (let name: string | undefined = ItemProcessor.StartAt; name !== undefined; ) {
    way.push(name);
    name = stateOf(ItemProcessor, name).Next;
  }
  const afterErrors = Object.keys(ItemProcessor.States).filter((name) => !way.includes(name));
  return { states: ItemProcessor.States, way, afterErrors };
}

export function roundHeight(state: State, width: number): number | undefined {
  const places = roundPlaces(state, { x: 0, y: 0, w: width, h: 0 });
  if (!places) return undefined;
  return Math.max(...[...places.way, ...places.afterErrors].map(([, { y, h }]) => y + h)) + FOOT;
}

export function roundPlaces(state: State, { x, y, w }: Box): RoundPlaces | undefined {
  const round = roundOf(state);
  if (!round) return undefined;
  const room = w - 3 * MARGIN;
  const [left, right] = [Math.round(room * SHARE), room - Math.round(room * SHARE)];
  const column = (names: readonly string[], from: number, top: number, width: number) => {
    let at = top;
    return names.map((name): readonly [string, Box] => {
      const h = heightOf(stateOf({ States: round.states }, name), width);
      const box = { x: from, y: at, w: width, h };
      at += h + GAP;
      return [name, box];
    });
  };
  const way = column(round.way, x + MARGIN, y + HEAD, left);
  const second = way[1]?.[1].y ?? y + HEAD;
  return { way, afterErrors: column(round.afterErrors, x + 2 * MARGIN + left, second, right) };
}
