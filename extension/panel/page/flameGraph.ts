import type { FlameFrame } from '../panelMessages.ts';
import { element } from './element.ts';
import { setText } from './setText.ts';
import { shownText } from './shownText.ts';

/** Part of the graph's width below which a box is left out: it could not be seen or pressed. */
const PART_MIN = 0.001;
/** Boxes that are drawn at most. More would make the page slow. */
const BOXES_MAX = 4_000;
const ROW_PIXELS = 20;

interface Box {
  frame: FlameFrame;
  level: number;
  /** Left edge and width as parts of the graph, from 0 to 1. */
  left: number;
  width: number;
}

/**
 * Draws the tree of calls as boxes, callers above the functions they call. The width of a box is
 * the fuel of the function and of all that it called. A press on a box widens it to the whole
 * graph; a press on a caller goes back.
 */
export function flameGraph(
  frames: FlameFrame[],
  labels: { name: string; tell(frame: FlameFrame): string },
): HTMLElement {
  const children = Map.groupBy(frames.keys(), (index) => frames[index]?.parent ?? -1);
  const graph = element('div', { class: 'graph', attributes: { role: 'group', 'aria-label': labels.name } });
  const facts = element('p', { class: 'quiet' });
  const show = (top: number): void => {
    const boxes = boxesOf(frames, children, top);
    graph.style.height = `${(Math.max(0, ...boxes.map(({ level }) => level)) + 1) * ROW_PIXELS}px`;
    graph.replaceChildren(...boxes.map((box) => boxElement(box)));
    setText(facts, labels.tell(frames[top] as FlameFrame));
  };
  const boxElement = ({ frame, level, left, width }: Box): HTMLElement => {
    const place = frames.indexOf(frame);
    const title = shownText(labels.tell(frame));
    const box = element('button', {
      class: `box tone${level % 4}`,
      text: frame.name,
      attributes: { type: 'button', title, 'aria-label': title, 'data-place': String(place) },
    });
    box.style.left = `${left * 100}%`;
    box.style.width = `${width * 100}%`;
    box.style.top = `${level * ROW_PIXELS}px`;
    box.addEventListener('click', () => {
      show(place);
      graph.querySelector<HTMLElement>(`[data-place="${place}"]`)?.focus();
    });
    for (const name of ['focus', 'mouseenter']) box.addEventListener(name, () => setText(facts, title));
    return box;
  };
  if (frames.length > 0) show(0);
  return element('div', { class: 'flame' }, graph, facts);
}

/**
 * The boxes of the top frame's callers in full width, then of the frames below it by their fuel.
 */
function boxesOf(frames: FlameFrame[], children: Map<number, number[]>, top: number): Box[] {
  const callers: number[] = [];
  for (let at = frames[top]?.parent ?? -1; at >= 0; at = frames[at]?.parent ?? -1) callers.unshift(at);
  const boxes: Box[] = callers.map((index, level) => ({
    frame: frames[index] as FlameFrame,
    level,
    left: 0,
    width: 1,
  }));
  const whole = Math.max(1, frames[top]?.total ?? 1);
  const waiting = [{ index: top, level: callers.length, left: 0 }];
  for (let next = waiting.shift(); next !== undefined && boxes.length < BOXES_MAX; next = waiting.shift()) {
    const frame = frames[next.index] as FlameFrame;
    const width = frame.total / whole;
    if (width < PART_MIN) continue;
    boxes.push({ frame, level: next.level, left: next.left, width });
    let { left } = next;
    for (const index of children.get(next.index) ?? []) {
      waiting.push({ index, level: next.level + 1, left });
      left += (frames[index]?.total ?? 0) / whole;
    }
  }
  return boxes;
}
