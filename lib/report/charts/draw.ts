import { Error as ERRORS, parse, type Spec, View } from 'vega';
import { days as daysOf } from '../../base/durations.ts';

/** Colours are those of the page, so that a chart is light or dark with it; sizes are those of a card, and of half of one. */
export const WIDE = 960;
export const HALF = 520;
export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** What all charts have in common: quiet axes, as of the page. */
export const CONFIG = {
  background: 'transparent',
  axis: {
    labelFont: FONT,
    titleFont: FONT,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    labelColor: 'var(--muted)',
    titleColor: 'var(--muted)',
    domainColor: 'var(--line-strong)',
    tickColor: 'var(--line-strong)',
    gridColor: 'var(--line)',
    labelPadding: 6,
    tickSize: 4,
  },
} as const satisfies Spec['config'];

/** A chart over days: its plot is 60 px narrower than its card, for the axis on the left. */
export const frame = (card: number, height: number) =>
  ({ width: card - 60, height, autosize: { type: 'pad' }, config: CONFIG }) as const satisfies Spec;

/** The signal `span` has the first and the last time. */
export const xByDay = { name: 'x', type: 'utc', domain: { signal: 'span' }, range: 'width' } as const;
export const dayAxis = { orient: 'bottom', scale: 'x', tickCount: 8, format: '%-d %b', labelOverlap: true } as const;
export const valueAxis = { orient: 'left', scale: 'y', grid: true, domain: false, ticks: false, tickCount: 4 } as const;

/** From nothing up to the most of a field. */
export const yOf = (data: string, field: string) =>
  ({ name: 'y', type: 'linear', domain: { data, field }, zero: true, nice: true, range: 'height' }) as const;

/** The time that days span, half a day more on either side. */
export function spanOf(days: readonly string[]): [number, number] {
  const half = daysOf(1) / 2;
  return [Date.parse(days[0] ?? '') - half, Date.parse(days.at(-1) ?? '') + half];
}

/** Width of a bar in px: 72 % of what a day has, between 1 and 14. */
export const barWidth = (card: number, days: number) => Math.max(1, Math.min(14, ((card - 60) / days) * 0.72));

/** Vega knows this, its types do not. */
const SILENT = { aria: false };

const views = new Map<Spec, View>();

function viewOf(spec: Spec): View {
  const view =
    views.get(spec) ?? new View(parse(spec, SILENT as Spec['config']), { renderer: 'none', logLevel: ERRORS });
  views.set(spec, view);
  return view;
}

/** Of each view: two charts at once would be one of both. */
const drawing = new Map<Spec, Promise<unknown>>();

/**
 * A chart as SVG. It has no element and no attribute `style`, only presentation attributes, so that the page needs no
 * exception in its Content-Security-Policy. A specification becomes a view once, which is given other data each time: 300
 * managers have the same charts, and to make a view takes as long as to draw with it. All of its signals are given.
 */
export async function draw(
  spec: Spec,
  data: Readonly<Record<string, readonly object[]>>,
  signals: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const drawn = (drawing.get(spec) ?? Promise.resolve()).then(async () => {
    const view = viewOf(spec);
    for (const [name, value] of Object.entries(signals)) view.signal(name, value);
    for (const [name, rows] of Object.entries(data)) view.data(name, [...rows]);
    await view.resize().runAsync();
    return compact(await view.toSVG());
  });
  drawing.set(
    spec,
    drawn.catch(() => views.delete(spec)),
  );
  return await drawn;
}

/** Names of roles, and areas of the pointer, say nothing here, and are a third of the text. */
function compact(svg: string): string {
  return svg
    .replace('class="mark-rect role-mark rows"', 'data-bars="1"')
    .replaceAll(/ (?:class="(?:mark|role|background|foreground)[^"]*"|pointer-events="none"|opacity="1")/g, '')
    .replaceAll(/<path aria-hidden="true" d=""[^>]*\/>|<path aria-hidden="true" d="M0,0h0v0h0Z"\/>/g, '')
    .replaceAll(/(\.\d\d)\d+/g, '$1')
    .replace(
      /^<svg [^>]*?width="([\d.]+)" height="([\d.]+)" viewBox="([^"]+)">/,
      '<svg xmlns="http://www.w3.org/2000/svg" width="$1" height="$2" viewBox="$3" aria-hidden="true" focusable="false">',
    );
}
