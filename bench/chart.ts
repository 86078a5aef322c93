import type { Result } from './rounds.ts';

const WIDTH = 760;
const LABEL = 250;
const ROW = 26;
const COLORS = { ours: '#1a7f4b', rival: '#8a94a3', floor: '#c9ced6' } as const;

interface Panel {
  readonly title: string;
  readonly results: readonly Result[];
  readonly value: (result: Result) => number;
  readonly unit: string;
}

/** Bars, one panel below the other: what a copy costs, how fast it is, what it holds. Shorter is better unless it says so. */
export function chartOf(copy: readonly Result[], verify: readonly Result[], title: string): string {
  const all: Panel[] = [
    { title: 'Copy: CPU seconds per GiB (less is better)', results: copy, value: (r) => r.cpuPerGiB, unit: '' },
    { title: 'Copy: MB/s (more is better)', results: copy, value: (r) => r.mbPerSecond, unit: '' },
    { title: 'Copy: peak memory, MB (less is better)', results: copy, value: (r) => r.peakMB, unit: '' },
    {
      title: 'Verify: CPU seconds per GiB stored (less is better)',
      results: verify,
      value: (r) => r.cpuPerGiB,
      unit: '',
    },
  ];
  const panels = all.filter(({ results }) => results.length > 0);
  let y = 44;
  const drawn = panels.map((panel) => {
    const text = panelAt(panel, y);
    y += 34 + panel.results.length * ROW;
    return text;
  });
  const style = 'font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#1f2933"';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" ${style}>
<title>${escaped(title)}</title>
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="12" y="26" font-size="15" font-weight="bold">${escaped(title)}</text>
${drawn.join('\n')}
</svg>
`;
}

function panelAt({ title, results, value, unit }: Panel, top: number): string {
  const most = Math.max(...results.map(value));
  const bars = results.map((result, i) => {
    const y = top + 26 + i * ROW;
    const width = Math.max(1, ((WIDTH - LABEL - 80) * value(result)) / most);
    const number = value(result) < 20 ? value(result).toFixed(2) : value(result).toFixed(0);
    const weight = result.kind === 'ours' ? ' font-weight="bold"' : '';
    return `<text x="${LABEL - 8}" y="${y + 13}" text-anchor="end"${weight}>${escaped(result.name)}</text>
<rect x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="18" rx="2" fill="${COLORS[result.kind]}"/>
<text x="${(LABEL + width + 6).toFixed(1)}" y="${y + 13}">${number}${unit}</text>`;
  });
  return `<text x="12" y="${top + 14}" font-weight="bold" fill="#52606d">${escaped(title)}</text>\n${bars.join('\n')}`;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
