import { byId, copyOnClick, element, setText } from './elements.js';
import { errorLabel, formatCount, formatDuration, formatElapsed, formatSize, formatTime } from './format.js';
import { placeItem } from './placeItem.js';
import { prettyJson } from './prettyJson.js';
import { showState } from './runTable.js';

/** @import { HelperArtifacts, HelperPlaces } from '../../daemons/wire/helperApi.ts' */
/** @import { HelperRun, HelperRunEvent } from '../../daemons/wire/helperApi.ts' */
/** @import { HelperConnection } from './helperConnection.js' */

/** More than this is downloaded, not shown. Bytes. */
const SHOWN_MAX = 512 * 1024;
const TICK_MS = 1_000;
const HEX_ROWS = 64;

/**
 * Output, error, log and artifacts of the selected run.
 *
 * @param {{ connection: () => HelperConnection, failed: (error: unknown) => void }} parts
 *   `connection()` gives the present connection; `failed(error)` gets errors without a place here
 */
export function runDetail({ connection, failed }) {
  const output = byId('output');
  const log = byId('log');
  const cancel = byId('cancel', HTMLButtonElement);
  const saveOutput = byId('save-output');
  const elapsed = element('span');
  /**
   * Unset until a run is shown for the first time; nothing but `show` begins before.
   *
   * @type {HelperRun}
   */
  let run;
  let work = new AbortController();

  const tick = () => setText(elapsed, formatElapsed(run.created_at));

  const showFacts = () => {
    setText(byId('detail-title'), run.tasklet);
    showState(byId('detail-state'), run.state);
    setText(byId('detail-id'), run.run_id);
    cancel.hidden = run.ended_at !== null;
    tick();
    /** @type {[string, string | HTMLElement][]} */
    const facts = [
      ['Fuel', run.fuel_used === null ? '–' : formatCount(run.fuel_used)],
      run.ended_at === null
        ? ['Elapsed', elapsed]
        : ['Duration', run.duration_us === null ? '–' : formatDuration(run.duration_us)],
      ['Memory peak', run.linear_memory_peak === null ? '–' : formatSize(run.linear_memory_peak)],
      ['Started', formatTime(run.created_at)],
      ['Cell', `${run.provider} · ${run.cell_id}`],
      ['Module', run.module_sha256.slice(0, 12)],
    ];
    byId('detail-facts').replaceChildren(
      ...facts.map(([name, value]) =>
        element(
          'div',
          {},
          element('dt', {}, name),
          element('dd', { class: 'ellipsis', title: typeof value === 'string' ? value : null }, value),
        ),
      ),
    );
    byId('detail-error').hidden = run.error === null;
    if (run.error === null) return;
    setText(byId('detail-error-code'), errorLabel(run.error));
    setText(byId('detail-error-text'), run.error.message);
  };

  const place = (/** @type {HTMLElement} */ pre, /** @type {string} */ text, muted = false) => {
    setText(pre, text);
    pre.classList.toggle('muted', muted);
  };

  const outputBytes = async (/** @type {string} */ runId, /** @type {AbortSignal | undefined} */ signal) => {
    const encoded = await connection().bytes(`/v1/runs/${runId}/artifacts/output.b64`, { signal });
    return Uint8Array.from(atob(new TextDecoder().decode(encoded).trim()), (char) => char.charCodeAt(0));
  };

  const showOutput = async (/** @type {AbortSignal} */ signal) => {
    byId('copy-output').hidden = true;
    if (run.output_bytes === null || run.output_bytes === 0) return place(output, 'The run wrote no output.', true);
    saveOutput.hidden = false;
    if (run.output_bytes > SHOWN_MAX) {
      return place(output, `${formatSize(run.output_bytes)}: too large to show. Download it.`, true);
    }
    const bytes = await outputBytes(run.run_id, signal);
    let text;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return place(output, hexDump(bytes));
    }
    place(output, prettyJson(text) ?? text);
    byId('copy-output').hidden = false;
  };

  const showArtifacts = async (/** @type {AbortSignal} */ signal) => {
    /** @type {HelperArtifacts} */
    const { artifacts } = await connection().json(`/v1/runs/${run.run_id}/artifacts`, { signal });
    setText(byId('artifacts-empty'), artifacts.length === 0 ? 'The run has none.' : '');
    byId('artifacts').replaceChildren(
      ...artifacts.map(({ name, size }) => {
        const button = element(
          'button',
          { type: 'button', class: 'quiet small', 'aria-label': `Download ${name}` },
          'Download',
        );
        button.addEventListener('click', () => download(run.run_id, name).catch(failed));
        return element(
          'li',
          {},
          element('code', { class: 'ellipsis' }, name),
          element('span', { class: 'muted number' }, formatSize(size)),
          button,
        );
      }),
    );
    return artifacts;
  };

  const download = async (/** @type {string} */ runId, /** @type {string} */ name) =>
    saveAs(`${runId}-${name}`, await connection().bytes(`/v1/runs/${runId}/artifacts/${name}`));

  const saveAs = (/** @type {string} */ name, /** @type {Uint8Array<ArrayBuffer>} */ bytes) => {
    const href = URL.createObjectURL(new Blob([bytes]));
    element('a', { href, download: name }).click();
    // The browser has taken the bytes over once the click was handled.
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  };

  const showPlaces = async (/** @type {AbortSignal} */ signal) => {
    const list = byId('detail-places');
    list.replaceChildren();
    if (run.error === null) return;
    /** @type {HelperPlaces} */
    const { places } = await connection().json(`/v1/runs/${run.run_id}/places`, { signal });
    list.replaceChildren(...places.map((one) => placeItem(one)));
  };

  const showEnded = async (/** @type {AbortSignal} */ signal) => {
    const artifacts = await showArtifacts(signal);
    await showOutput(signal);
    const text = artifacts.some(({ name, size }) => name === 'run.log' && size > 0)
      ? new TextDecoder().decode(await connection().bytes(`/v1/runs/${run.run_id}/artifacts/run.log`, { signal }))
      : '';
    if (text === '') place(log, 'The run logged nothing.', true);
    else place(log, text);
    await showPlaces(signal);
  };

  const followLog = async (/** @type {AbortSignal} */ signal) => {
    let text = '';
    const clock = setInterval(tick, TICK_MS);
    try {
      /** @type {AsyncGenerator<HelperRunEvent, void>} */
      const happenings = connection().events(`/v1/runs/${run.run_id}/events`, { signal });
      for await (const happening of happenings) {
        if (happening.event === 'end' || happening.event === 'stopping') return;
        if (happening.event !== 'log') continue;
        text += happening.data.text;
        place(log, text);
        if (log.parentElement !== null) log.parentElement.scrollTop = log.scrollHeight;
      }
    } finally {
      clearInterval(clock);
    }
  };

  const begin = () => {
    work.abort();
    work = new AbortController();
    const { signal } = work;
    showFacts();
    const task = run.ended_at === null ? followLog(signal) : showEnded(signal);
    task.catch((error) => {
      if (!signal.aborted) failed(error);
    });
  };

  cancel.addEventListener('click', () => {
    cancel.disabled = true;
    connection()
      .json(`/v1/runs/${run.run_id}/cancel`, { method: 'POST' })
      .catch(failed)
      .finally(() => {
        cancel.disabled = false;
      });
  });
  saveOutput.addEventListener('click', () => {
    const { run_id: id } = run;
    outputBytes(id, undefined)
      .then((bytes) => saveAs(`${id}-output`, bytes))
      .catch(failed);
  });
  copyOnClick(byId('copy-id'), () => run.run_id);
  copyOnClick(byId('copy-output'), () => output.textContent ?? '');

  return {
    /** @param {HelperRun} next */
    show(next) {
      run = next;
      byId('detail-empty').hidden = true;
      byId('detail-body').hidden = false;
      place(output, run.ended_at === null ? 'Waiting for the run to end…' : 'Loading…', true);
      place(log, run.ended_at === null ? 'Nothing logged yet.' : 'Loading…', true);
      byId('copy-output').hidden = true;
      saveOutput.hidden = true;
      setText(byId('artifacts-empty'), run.ended_at === null ? 'Written when the run ends.' : 'Loading…');
      byId('artifacts').replaceChildren();
      byId('detail-places').replaceChildren();
      begin();
    },
    /**
     * The run that is shown has changed.
     *
     * @param {HelperRun} next
     */
    update(next) {
      if (run?.run_id !== next.run_id) return;
      const ended = run.ended_at === null && next.ended_at !== null;
      run = next;
      if (ended) begin();
      else showFacts();
    },
    /** Shows the run again on a new connection. */
    resume() {
      if (run !== undefined) begin();
    },
    pause() {
      work.abort();
    },
  };
}

/** @param {Uint8Array} bytes */
function hexDump(bytes) {
  const rows = [];
  for (let at = 0; at < bytes.length && rows.length < HEX_ROWS; at += 16) {
    const part = [...bytes.subarray(at, at + 16)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = part.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
    rows.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${text}`);
  }
  if (bytes.length > HEX_ROWS * 16) rows.push(`… ${bytes.length - HEX_ROWS * 16} more bytes`);
  return rows.join('\n');
}
