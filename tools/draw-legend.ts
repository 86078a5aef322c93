import { COLORS } from './draw-state.ts';
import type { Machine } from './machine-graph.ts';
import { hexagon, rect, text } from './svg.ts';

/** What each shape means, for the types of states that the machine has. */
export function drawLegend(y: number, machine: Machine): string[] {
  const types = new Set(Object.values(machine.States).map(({ Type }) => Type));
  const kinds = ['Task', 'Wait', 'Choice', 'Map', 'Succeed', 'Fail'].filter((kind) => types.has(kind));
  return kinds.flatMap((kind, i) => {
    const box = { x: 36 + i * 84, y, w: 18, h: 11 };
    const color = COLORS[kind] ?? { fill: '', stroke: '' };
    const shape =
      kind === 'Choice'
        ? hexagon(box, color)
        : rect(box, { ...color, rx: kind === 'Task' ? 2 : 5, ...(kind === 'Map' ? { dash: '3 2', rx: 2 } : {}) });
    return [shape, text(box.x + 24, y + 9.5, kind)];
  });
}
