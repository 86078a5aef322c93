import type { StepName } from '../lib/base/step-names.ts';
import { steps } from '../lib/workflow/steps.ts';
import type { State } from './machine-graph.ts';
import { wrap } from './svg.ts';

/** What stands below a state's name, in lines that fit into a box of this width. */
export function captionOf(state: State, width: number): string[] {
  const words = wordsOf(state);
  return words === '' ? [] : wrap(words, Math.floor((width - 14) / 5.7));
}

function wordsOf(state: State): string {
  const step = /^\$\{(\w+)\}$/.exec(state.Resource ?? '')?.[1];
  if (step) return steps[step as StepName].purpose;
  return state.Type === 'Choice' ? '' : (state.Comment ?? '');
}
