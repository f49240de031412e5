import uPlot from 'uplot';
import { printable } from '../../bytes/printable.ts';
import { type CandidateRow, damageOf, lossSecondsOf, writtenText } from '../../page/candidateRows.ts';
import { historiesOf, momentsOf } from '../../page/poolTimes.ts';
import { type Mark, MOMENT_MARKS, VERDICT_MARKS } from '../../page/ringMarks.ts';
import { durationText } from '../../text/amounts.ts';
import type { PoolCase } from '../../text/poolCase.ts';
import { element } from './elements.ts';

/** A mark in a chart, and what is said of it where it is pointed at. */
interface Point {
  readonly x: number;
  readonly y: number;
  readonly mark: Mark;
  /** Class of the style sheet that gives its colour. */
  readonly kind: string;
  readonly text: string;
}

/** Pixels from a mark at which it counts as pointed at. */
const NEAR = 24;
const HEIGHT = 320;

/** How much larger than usual the page is written. */
const scaleOf = (): number => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const COLOURS: Readonly<Record<string, string>> = {
  'verdict-importable': '--good',
  'verdict-readonly': '--warn',
  'verdict-damaged': '--bad',
  'verdict-incomplete': '--bad',
  'verdict-unverified': '--note',
  'moment-label': '--dim',
  'moment-history': '--accent',
  'moment-dataset': '--cell',
  'moment-snapshot': '--cell',
};
const FILLED: ReadonlySet<string> = new Set(['verdict-importable', 'verdict-readonly', 'moment-dataset']);

/** Txgs, label texts, history and snapshots by time; txgs in their order are joined, red where the clock goes back. */
export function timeChart(article: Element, about: PoolCase): void {
  const figure = article.querySelector<HTMLElement>('[data-chart=time]');
  const verdicts = new Map(about.newest.map((each) => [each.txg, each.verdict] as const));
  const points = momentsOf(about).map((moment): Point => {
    const { kind, txg, time } = moment;
    const verdict = verdicts.get(txg) ?? 'unverified';
    const own = kind === 'uberblock';
    return {
      x: time,
      y: Number(txg),
      mark: own ? VERDICT_MARKS[verdict] : MOMENT_MARKS[kind],
      kind: own ? `verdict-${verdict}` : `moment-${kind}`,
      text: `${writtenText(time)} UTC: ${moment.text}${own ? ` (${verdict})` : ''}`,
    };
  });
  if (figure === null || points.length < 2) return;
  chart(figure, points, {
    label: 'Txgs by the time they were written',
    time: true,
    yValues: (value) => String(value),
    below: (plot, context) => {
      for (const history of historiesOf(about)) {
        for (const [at, to] of history.entries()) {
          const from = history[at - 1];
          if (from === undefined) continue;
          const back = to.timestamp < from.timestamp;
          context.strokeStyle = colour(back ? '--bad' : '--line');
          context.lineWidth = (back ? 2 : 1) * devicePixelRatio;
          context.beginPath();
          context.moveTo(plot.valToPos(from.timestamp, 'x', true), plot.valToPos(Number(from.txg), 'y', true));
          context.lineTo(plot.valToPos(to.timestamp, 'x', true), plot.valToPos(Number(to.txg), 'y', true));
          context.stroke();
        }
      }
    },
  });
}

/** Each candidate by the writing it gives up and the blocks it has lost. */
export function choiceChart(article: Element, rows: readonly CandidateRow[]): void {
  const figure = article.querySelector<HTMLElement>('[data-chart=choice]');
  const points = rows.flatMap((row): Point[] => {
    const [loss, damage] = [lossSecondsOf(row), damageOf(row)];
    const { verdict, txg } = row.candidate;
    if (loss === null || damage === null) return [];
    const text = `txg ${txg}, ${verdict}: gives up ${loss === 0 ? 'less than 1 s' : durationText(loss)}, ${damage} bad blocks`;
    return [{ x: loss, y: damage, mark: VERDICT_MARKS[verdict], kind: `verdict-${verdict}`, text }];
  });
  // Where nothing is damaged there is nothing to weigh.
  if (figure === null || points.length < 2 || points.every(({ y }) => y === 0)) return;
  chart(figure, points, {
    label: 'Writing given up, against blocks lost',
    time: false,
    yValues: (value) => (value < 0 ? '' : String(value)),
    below: () => {},
  });
}

interface ChartChoice {
  readonly label: string;
  /** The lower axis has times; otherwise lengths of time. */
  readonly time: boolean;
  readonly yValues: (value: number) => string;
  readonly below: (plot: uPlot, context: CanvasRenderingContext2D) => void;
}

function chart(figure: HTMLElement, points: readonly Point[], { label, time, yValues, below }: ChartChoice): void {
  figure.hidden = false;
  const holder = element('div', 'plot');
  holder.setAttribute('role', 'img');
  holder.setAttribute('aria-label', label);
  const said = element('p', 'plot-point', '');
  figure.append(holder, said);
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const draw = (plot: uPlot): void => {
    const context = plot.ctx;
    context.save();
    context.beginPath();
    context.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
    context.clip();
    below(plot, context);
    for (const point of points)
      drawMark(context, point, plot.valToPos(point.x, 'x', true), plot.valToPos(point.y, 'y', true));
    context.restore();
  };
  const point = (plot: uPlot): void => {
    const { left = -1, top = -1 } = plot.cursor;
    let [nearest, least]: [Point | null, number] = [null, NEAR];
    for (const each of points) {
      const distance = Math.hypot(plot.valToPos(each.x, 'x') - left, plot.valToPos(each.y, 'y') - top);
      if (distance < least) [nearest, least] = [each, distance];
    }
    said.textContent = nearest === null ? '' : printable(nearest.text);
  };
  const scale = scaleOf();
  const size = () => ({ width: Math.max(280, figure.clientWidth), height: HEIGHT * scale });
  const axis = {
    font: `${12 * scale}px system-ui, sans-serif`,
    stroke: () => colour('--dim'),
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { stroke: () => colour('--line') },
  };
  const plot = new uPlot(
    {
      ...size(),
      padding: [null, 40 * scale, null, null],
      legend: { show: false },
      cursor: { drag: { x: true, y: true, uni: 20 }, points: { show: false } },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      scales: {
        x: { time, range: (_, from, to) => widened(from, to) },
        y: { range: (_, from, to) => widened(from, to) },
      },
      axes: [
        {
          ...axis,
          space: 90 * scale,
          size: 50 * scale,
          values: (_, values, __, ___, step) => (time ? clockTexts(values, step) : values.map(spanText)),
        },
        { ...axis, size: 70 * scale, incrs: WHOLE, values: (_, values) => values.map(yValues) },
      ],
      series: [{}, { paths: () => null, points: { show: false } }],
      hooks: { draw: [draw], setCursor: [point] },
    },
    [sorted.map(({ x }) => x), sorted.map(({ y }) => y)],
    holder,
  );
  new ResizeObserver(() => plot.setSize(size())).observe(figure);
  for (const media of ['(prefers-color-scheme: dark)', 'print']) {
    matchMedia(media).addEventListener('change', () => plot.redraw());
  }
}

/** Steps of an axis of whole numbers. */
const WHOLE = Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((each) => each * 10 ** power)).flat();

const spanText = (seconds: number): string => (seconds < 0 ? '' : durationText(seconds));

/** Times of day in UTC, with the date where it is a new one. */
function clockTexts(values: readonly number[], step: number): string[] {
  let last = '';
  return values.map((value) => {
    const [date = '', time = ''] = writtenText(value).split(' ');
    const fresh = date !== last;
    last = date;
    if (step >= 86_400) return date;
    return `${time.slice(0, step >= 60 ? 5 : 8)}${fresh ? `\n${date}` : ''}`;
  });
}

/** Some room around what is shown, so that no mark is cut. */
function widened(from: number, to: number): [number, number] {
  const room = Math.max((to - from) * 0.04, 1);
  return [from - room, to + room];
}

function drawMark(context: CanvasRenderingContext2D, { mark, kind }: Point, x: number, y: number): void {
  const paint = colour(COLOURS[kind] ?? '--text');
  context.save();
  context.translate(x, y);
  const scale = devicePixelRatio * scaleOf();
  context.scale(scale, scale);
  const path = new Path2D(`M0 0${mark}`);
  context.lineWidth = 1.8;
  context.strokeStyle = paint;
  context.fillStyle = paint;
  if (FILLED.has(kind)) context.fill(path);
  else context.stroke(path);
  context.restore();
}
