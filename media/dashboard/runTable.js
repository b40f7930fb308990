import { byId, element, setEmpty, setText } from './elements.js';
import { errorLabel, formatCount, formatDuration, formatTime } from './format.js';

/** @import { HelperRun } from '../../daemons/wire/helperApi.ts' */
/** @typedef {Record<'state' | 'reason' | 'fuel' | 'duration', HTMLElement>} Cells */
/** @typedef {{ tr: HTMLElement, button: HTMLElement, cells: Cells, run: HelperRun }} Row */

const ROWS_MAX = 200;

/**
 * The table of runs, newest first. Rows are changed in place, so that focus and selection stay
 * where they are.
 *
 * @param {{ select: (run: HelperRun) => void }} parts
 */
export function runTable({ select }) {
  const body = byId('runs');
  const frame = byId('runs-frame');
  /** @type {Map<string, Row>} */
  const rows = new Map();
  /** @type {string | undefined} */
  let selected;
  /** The rows as they are on the page. */
  const shown = () => [...body.children].filter((one) => one instanceof HTMLElement);

  const makeRow = (/** @type {HelperRun} */ run) => {
    const button = element('button', { type: 'button', class: 'row-button ellipsis' }, run.tasklet);
    button.addEventListener('click', () => select(rows.get(run.run_id)?.run ?? run));
    const cells = {
      state: element('span', { class: 'state' }),
      reason: element('span', { class: 'reason ellipsis' }),
      fuel: element('td', { class: 'col-fuel number' }),
      duration: element('td', { class: 'col-duration number' }),
    };
    const tr = element(
      'tr',
      { 'data-run': run.run_id },
      element('td', { class: 'col-state' }, element('span', { class: 'state-cell' }, cells.state, cells.reason)),
      element('th', { scope: 'row', class: 'col-tasklet' }, button),
      cells.fuel,
      cells.duration,
      element(
        'td',
        { class: 'col-time number' },
        element('time', { datetime: run.created_at, title: run.created_at }, formatTime(run.created_at)),
      ),
    );
    return { tr, button, cells, run };
  };

  const draw = (/** @type {Row} */ { cells, button, run, tr }) => {
    showState(cells.state, run.state);
    const label = run.error === null ? '' : errorLabel(run.error);
    setText(cells.reason, label === run.state ? '' : label);
    cells.reason.title = label === run.state ? '' : label;
    setText(cells.fuel, run.fuel_used === null ? '–' : formatCount(run.fuel_used));
    setText(cells.duration, run.duration_us === null ? '–' : formatDuration(run.duration_us));
    button.setAttribute('aria-pressed', String(run.run_id === selected));
    tr.classList.toggle('selected', run.run_id === selected);
  };

  /**
   * Keeps the place of a reader who has scrolled down. Not every browser does that by itself, so
   * none does here (runs.css).
   *
   * @template Result
   * @param {() => Result} change
   */
  const keepPlace = (change) => {
    const from = frame.scrollTop;
    const inSight = from === 0 ? undefined : shown().find((tr) => tr.offsetTop >= from);
    const at = inSight?.offsetTop ?? 0;
    const result = change();
    if (inSight?.isConnected) frame.scrollTop = from + inSight.offsetTop - at;
    return result;
  };

  const createdAt = (/** @type {HTMLElement} */ tr) => rows.get(tr.dataset.run ?? '')?.run.created_at ?? '';

  const put = (/** @type {HelperRun} */ run) => {
    const known = rows.get(run.run_id);
    if (known !== undefined) {
      // An answer may come later than an event that is newer.
      if (rank(run) >= rank(known.run)) known.run = run;
      draw(known);
      return known.run;
    }
    const row = makeRow(run);
    rows.set(run.run_id, row);
    draw(row);
    const after = shown().find((tr) => createdAt(tr) <= run.created_at);
    body.insertBefore(row.tr, after ?? null);
    if (body.children.length > ROWS_MAX) {
      const last = shown().at(-1);
      if (last?.dataset.run !== undefined) remove(last.dataset.run);
    }
    return run;
  };

  const remove = (/** @type {string} */ runId) => {
    rows.get(runId)?.tr.remove();
    rows.delete(runId);
  };

  const count = () => {
    byId('runs-empty').hidden = rows.size > 0;
    setEmpty(byId('runs-empty'), 'No runs yet', 'Run a tasklet here, or with `grafos deploy run`.');
    const active = [...rows.values()].filter(({ run }) => run.ended_at === null).length;
    setText(byId('runs-count'), active === 0 ? '' : `${active} running`);
  };

  return {
    /** @param {HelperRun[]} runs */
    replace(runs) {
      const ids = new Set(runs.map((run) => run.run_id));
      keepPlace(() => {
        for (const id of [...rows.keys()]) if (!ids.has(id)) remove(id);
        // From the oldest, so that those of one millisecond stay in their order.
        for (const run of runs.toReversed()) put(run);
      });
      count();
    },
    /**
     * Takes a change and gives back the run as it is now.
     *
     * @param {HelperRun} run
     */
    put(run) {
      const standing = keepPlace(() => put(run));
      count();
      return standing;
    },
    /**
     * The run is none after all.
     *
     * @param {string} runId
     */
    remove(runId) {
      keepPlace(() => remove(runId));
      count();
    },
    /** @param {string} runId */
    select(runId) {
      selected = runId;
      for (const row of rows.values()) draw(row);
    },
    get: (/** @type {string} */ runId) => rows.get(runId)?.run,
  };
}

const rank = (/** @type {HelperRun} */ { state, ended_at }) =>
  ended_at === null ? ['admitted', 'placed', 'running'].indexOf(state) : 3;

/**
 * One look for a state, in the table and in the detail.
 *
 * @param {HTMLElement} target
 * @param {string} state
 */
export function showState(target, state) {
  target.dataset.state = state;
  setText(target, state);
}
