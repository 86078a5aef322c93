import type { Spec } from 'vega';
import { days } from '../../base/durations.ts';
import { EXPIRE_TAGS } from '../../config/lifecycle.ts';
import { STAYS } from '../html/words.ts';
import type { ArchiveFact } from '../model/archives.ts';
import { CONFIG, draw, FONT, WIDE } from './draw.ts';
import { type LadderScale, positionOf, rooted } from './ladder-scale.ts';

/** Rows that are drawn at most: the table has all of them. */
const MOST_ROWS = 160;
const LABELS = 90;

/** A bar for each archive, from its content to its last byte, sorted by what protects it. */
const LADDER: Spec = {
  width: WIDE - LABELS,
  autosize: { type: 'pad' },
  config: CONFIG,
  signals: [
    { name: 'scale', value: { from: -1, to: 1 } },
    { name: 'row', value: 8 },
    { name: 'groups', value: [] },
    { name: 'ticks', value: [] },
  ],
  data: [{ name: 'bars' }, { name: 'groupNames' }],
  scales: [
    { name: 'x', type: 'linear', domain: [{ signal: 'scale.from' }, { signal: 'scale.to' }], range: 'width' },
    { name: 'y', type: 'linear', domain: [0, { signal: 'height / row' }], range: [0, { signal: 'height' }] },
  ],
  axes: [
    {
      ...{ orient: 'top', scale: 'x', grid: true, domain: false, ticks: false, values: { signal: 'ticks' } },
      encode: {
        labels: {
          update: {
            text: {
              signal:
                "datum.value == 0 ? 'today' : (abs(datum.value) >= 19 ? format(datum.value * datum.value / 365, '.0f') + ' y' : format(datum.value * datum.value, '.0f') + ' d') + (datum.value < 0 ? ' ago' : '')",
            },
          },
        },
      },
    },
  ],
  marks: [
    {
      type: 'text',
      from: { data: 'groupNames' },
      encode: {
        update: {
          ...{
            x: { value: -10 },
            y: { scale: 'y', field: 'middle' },
            text: { field: 'name' },
            align: { value: 'right' },
          },
          ...{
            baseline: { value: 'middle' },
            font: { value: FONT },
            fill: { value: 'var(--muted)' },
            fontSize: { value: 12 },
          },
        },
      },
    },
    {
      ...{ type: 'rect', name: 'rows' },
      from: { data: 'bars' },
      encode: {
        update: {
          ...{ x: { field: 'x' }, x2: { field: 'x2' }, y: { scale: 'y', field: 'at' }, height: { signal: 'row - 2' } },
          ...{ fill: { signal: "'var(--' + datum.tag + ')'" }, cornerRadius: { value: 1.5 } },
        },
      },
    },
    {
      type: 'symbol',
      from: { data: 'bars' },
      encode: {
        update: {
          ...{ x: { field: 'x' }, y: { signal: "scale('y', datum.at) + (row - 2) / 2" } },
          ...{ shape: { signal: "datum.is == 'flagged' ? 'triangle-up' : 'M-.7,-.7L.7,.7M-.7,.7L.7,-.7'" } },
          ...{ size: { signal: "datum.is == 'good' ? 0 : 60" }, fill: { value: 'var(--flagged)' } },
          ...{
            stroke: { signal: "datum.is == 'flagged' ? 'var(--flagged)' : 'var(--failed)'" },
            strokeWidth: { value: 1.5 },
          },
        },
      },
    },
    {
      type: 'rule',
      encode: {
        update: {
          ...{ x: { scale: 'x', value: 0 }, y: { value: 0 }, y2: { signal: 'height' } },
          ...{ stroke: { value: 'var(--ink)' }, strokeWidth: { value: 1 } },
        },
      },
    },
  ],
};

export interface Ladder {
  readonly svg: string;
  readonly scale: LadderScale;
  /** Height of a row. */
  readonly row: number;
  /** In the order of the rows. */
  readonly archives: readonly ArchiveFact[];
  /** Older ones that are not drawn. */
  readonly leftOut: number;
}

const daysFrom = (time: string, now: Date) => (Date.parse(time) - now.getTime()) / days(1);

/** Undefined: there is no archive. */
export async function ladderChart(all: readonly ArchiveFact[], now: Date): Promise<Ladder | undefined> {
  if (all.length === 0) return undefined;
  const shown = all.slice(-MOST_ROWS);
  const archives = EXPIRE_TAGS.flatMap((tag) => shown.filter(({ expire }) => expire === tag));
  const ends = archives.map(({ goneAt }) => (goneAt === null ? 0 : daysFrom(goneAt, now)));
  const from = rooted(Math.min(-7, ...archives.map(({ takenAt }) => daysFrom(takenAt, now)))) - 0.4;
  const scale = { from, to: rooted(Math.max(45, ...ends)) * 1.06, width: WIDE - LABELS };
  const row = archives.length > 90 ? 6 : archives.length > 40 ? 8 : 12;
  const bars = archives.map((one, at) => ({
    ...{ at, tag: one.expire, is: one.is, x: positionOf(daysFrom(one.takenAt, now), scale) },
    x2: one.goneAt === null ? scale.width : positionOf(daysFrom(one.goneAt, now), scale),
  }));
  const groupNames = EXPIRE_TAGS.flatMap((name) => {
    const rows = bars.filter(({ tag }) => tag === name);
    return rows.length === 0
      ? []
      : [{ name: `${STAYS[name]} ${rows.length}`, middle: (rows[0]?.at ?? 0) + rows.length / 2 }];
  });
  const height = Math.max(row * archives.length, 24);
  const svg = await draw(
    LADDER,
    { bars, groupNames: spread(groupNames, row) },
    { scale, row, ticks: ticksIn(scale), height },
  );
  return { svg, scale, row, archives, leftOut: all.length - shown.length };
}

/** Names of small groups beside each other must not lie over each other: a line of text is 14 high. */
function spread<T extends { middle: number }>(names: readonly T[], row: number): T[] {
  let last = Number.NEGATIVE_INFINITY;
  return names.map((one) => {
    const middle = Math.max(one.middle, last + 14 / row);
    last = middle;
    return { ...one, middle };
  });
}

const TICKS = [-2557, -1096, -365, -90, -30, 0, 7, 30, 90, 365, 1096, 2557];

/** Rooted; from today outwards, none so near to the one before that their labels touch. */
function ticksIn(scale: LadderScale): number[] {
  const room = (LABEL_WIDTH * (scale.to - scale.from)) / scale.width;
  const outwards = (ticks: readonly number[]) => {
    let last = 0;
    return ticks.filter((at) => {
      if (Math.abs(at - last) < room || at < scale.from || at > scale.to) return false;
      last = at;
      return true;
    });
  };
  const rootedTicks = TICKS.map(rooted);
  const past = outwards(rootedTicks.filter((at) => at < 0).reverse());
  return [...past.reverse(), 0, ...outwards(rootedTicks.filter((at) => at > 0))];
}

/** Of `90 d ago`. */
const LABEL_WIDTH = 58;
