import { type Html, html } from './escaped.ts';

/** A number that is read from two metres away, what it is, and what to think of it. */
export const tile = (name: string, value: Html | string, note: Html | string): Html =>
  html`<div class="tile"><dt>${name}</dt><dd><div class="value">${value}</div><div class="note">${note}</div></dd></div>`;

export const tiles = (all: readonly Html[]): Html => html`<dl class="tiles has-${all.length}">${all}</dl>`;
