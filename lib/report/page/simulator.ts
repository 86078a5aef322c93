import { days } from '../../base/durations.ts';
import { RetentionPolicy } from '../../config/retention.ts';
import { type PlannedArchive, planOf, type RetentionPlan } from '../../retention/plan.ts';
import { positionOf } from '../charts/ladder-scale.ts';
import { entryOf, type Simulation } from './simulation.ts';

/**
 * The script of a manager's page: the policy's fields may be changed, and the timeline shows what `offsite retention plan`
 * would say. It decides nothing by itself: plan and check are the product's own.
 */
const found = document.getElementById('simulation');
const form = document.getElementById('simulator');
const output = document.getElementById('simulated');
const ladder = document.querySelector('#ladder [data-bars]');

if (found && form && output && ladder) {
  const simulation = JSON.parse(found.textContent ?? '') as Simulation;
  const fields = [...form.querySelectorAll('input')];
  const inForce = fields.map(({ value }) => value);
  const bars = drawOver(ladder, simulation.rows.length);
  const asItIs = plan(simulation, simulation.retention);
  const show = () => {
    const policy = policyOf(simulation.retention, fields);
    const wrong = policy.success ? undefined : policy.error.issues[0];
    for (const field of fields) field.setAttribute('aria-invalid', String(wrong?.path.at(-1) === field.name));
    if (!policy.success) {
      output.replaceChildren(
        line(`${wrong?.path.join('.') ?? 'The policy'}: ${wrong?.message ?? 'is not valid'}.`, 'is-failed'),
      );
      return;
    }
    const would = plan(simulation, policy.data);
    paint(bars, simulation, would);
    output.replaceChildren(...resultOf(asItIs, would, simulation));
  };
  for (const field of fields) field.addEventListener('input', show);
  document.getElementById('simulator-reset')?.addEventListener('click', () => {
    for (const [at, field] of fields.entries()) field.value = inForce[at] ?? '';
    show();
  });
  form.hidden = false;
  show();
}

function policyOf(retention: Simulation['retention'], fields: readonly HTMLInputElement[]) {
  const value = (name: string) => Number(fields.find((field) => field.name === name)?.value || Number.NaN);
  const { daily, weekly, monthly, yearly } = {
    daily: value('daily'),
    weekly: value('weekly'),
    monthly: value('monthly'),
    yearly: value('yearly'),
  };
  return RetentionPolicy.safeParse({
    ...retention,
    held: value('held'),
    undoDays: value('undoDays'),
    days: { daily, weekly, monthly, yearly },
  });
}

function plan({ manager, archives, now, timeZone }: Simulation, retention: Simulation['retention']): RetentionPlan {
  const at = new Date(now);
  const entries = archives.map((one) => entryOf(manager, one));
  return planOf(manager, entries, { timeZone, retention }, { now: at, at, nightly: false });
}

/** Bars of our own in place of those that were drawn, row by row. */
function drawOver(ladder: Element, rows: number): SVGPathElement[] {
  const group = document.createElementNS('http://www.w3.org/2000/svg', 'g');
  const made = Array.from({ length: rows }, () => document.createElementNS('http://www.w3.org/2000/svg', 'path'));
  group.append(...made);
  ladder.replaceChildren(group);
  return made;
}

function paint(bars: readonly SVGPathElement[], { rows, scale, row, now }: Simulation, would: RetentionPlan): void {
  const byId = new Map(would.archives.map((one) => [one.snapshot, one]));
  const at = (time: string) => positionOf((Date.parse(time) - Date.parse(now)) / days(1), scale);
  for (const [index, bar] of bars.entries()) {
    const one = byId.get(rows[index] ?? '');
    if (!one) {
      bar.setAttribute('d', '');
      continue;
    }
    const [from, to] = [at(one.takenAt), one.goneAt === null ? scale.width : at(one.goneAt)];
    bar.setAttribute('d', `M${from} ${index * row}H${to}v${row - 2}H${from}z`);
    bar.setAttribute('fill', `var(--${one.expire})`);
  }
}

function line(text: string, name: string): HTMLElement {
  const made = document.createElement('p');
  made.className = name;
  made.textContent = text;
  return made;
}

/** What somebody who is about to deploy the change has to know, in two sentences, and the archives by name. */
function resultOf(now: RetentionPlan, would: RetentionPlan, { now: made }: Simulation): HTMLElement[] {
  const before = new Map(now.archives.map((one) => [one.snapshot, one]));
  const end = ({ goneAt }: Pick<PlannedArchive, 'goneAt'>) =>
    goneAt === null ? Number.POSITIVE_INFINITY : Date.parse(goneAt);
  const soon = Date.parse(made) + days(1);
  const isHidden = ({ hiddenAt }: PlannedArchive) => hiddenAt !== null && Date.parse(hiddenAt) <= soon;
  const was = (one: PlannedArchive) => before.get(one.snapshot) ?? one;
  const lost = would.archives.filter((one) => isHidden(one) && !isHidden(was(one)));
  const shorter = would.archives.filter((one) => end(one) < end(was(one)));
  const longer = would.archives.filter((one) => end(one) > end(was(one)));
  const stay = would.archives.filter((one) => !isHidden(one)).length;
  const result = line(
    `${stay} of ${would.archives.length} archives would stay; ${lost.length} more than now would be hidden by the next midnight.`,
    'result',
  );
  if (shorter.length + longer.length === 0)
    return [
      line(
        `The policy in force: ${stay} of ${would.archives.length} archives stay, the others are in their last days.`,
        'result',
      ),
    ];
  const change = line(`${shorter.length} would go sooner, ${longer.length} would stay longer.`, 'muted');
  const list = document.createElement('ul');
  list.className = 'would-change';
  for (const one of lost.slice(-MOST_LISTED)) {
    const item = document.createElement('li');
    item.textContent = `${one.snapshot}: ${one.why}; its last byte would go on ${one.goneAt?.slice(0, 10)}`;
    list.append(item);
  }
  return lost.length === 0 ? [result, change] : [result, change, list];
}

const MOST_LISTED = 8;
