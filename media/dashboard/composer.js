import { byId, element, setEmpty, setText, setWords } from './elements.js';
import { formatSize, formatTime } from './format.js';
import { HelperRefused } from './helperConnection.js';

/** @import { HelperRunRequest, HelperTasklet } from '../../daemons/wire/helperApi.ts' */
/** @import { HelperTasklets } from '../../daemons/wire/helperApi.ts' */

const KINDS = { assemblyscript: 'AssemblyScript', rust: 'Rust', wat: 'WAT', wasm: 'prebuilt wasm' };
/** The limit of a run's input, bytes; the helper checks it again. */
const INPUT_LIMIT = 16 * 1024 * 1024;

/**
 * The list of tasklets and the form that runs one. `submit(request)` starts the run; its errors are
 * shown here.
 *
 * @param {{ submit: (request: HelperRunRequest) => Promise<void> }} parts
 */
export function composer({ submit }) {
  const list = byId('tasklets');
  const empty = byId('tasklets-empty');
  const form = byId('run-form', HTMLFormElement);
  const runButton = byId('run', HTMLButtonElement);
  const inputText = byId('input-text', HTMLTextAreaElement);
  const inputFile = byId('input-file', HTMLInputElement);
  const inputFacts = byId('input-facts');
  const mem = byId('mem', HTMLInputElement);
  /** @type {HelperTasklet[]} */
  let tasklets = [];
  /** @type {string | undefined} */
  let chosen;
  let busy = false;

  const inputKind = () => new FormData(form).get('input-kind');

  const inputBlob = () => {
    if (inputKind() === 'file') return inputFile.files?.[0] ?? new Blob([]);
    return new Blob([inputText.value]);
  };

  const inputProblem = (/** @type {Blob} */ blob) => {
    if (blob.size > INPUT_LIMIT) return `${formatSize(blob.size)}: a run takes ${formatSize(INPUT_LIMIT)} at most`;
    if (inputKind() !== 'json' || inputText.value === '') return undefined;
    try {
      JSON.parse(inputText.value);
      return undefined;
    } catch (error) {
      return `Not JSON: ${error instanceof Error ? error.message : error}`;
    }
  };

  const showInputFacts = () => {
    const kind = inputKind();
    byId('file-drop').hidden = kind !== 'file';
    inputText.hidden = kind === 'file';
    const blob = inputBlob();
    const problem = inputProblem(blob);
    const facts = kind === 'json' && blob.size > 0 ? `Valid JSON, ${formatSize(blob.size)}` : formatSize(blob.size);
    setText(inputFacts, problem ?? facts);
    inputFacts.classList.toggle('bad', problem !== undefined);
    inputText.setAttribute('aria-invalid', String(problem !== undefined));
  };

  const showChosen = () => {
    const tasklet = tasklets.find(({ name }) => name === chosen);
    runButton.disabled = busy || tasklet === undefined;
    setText(runButton, busy ? 'Starting…' : tasklet === undefined ? 'Run' : `Run ${tasklet.name}`);
    mem.placeholder = tasklet === undefined ? '' : tasklet.mem_bytes === 0 ? 'none' : formatSize(tasklet.mem_bytes);
  };

  const row = (/** @type {HelperTasklet} */ tasklet) => {
    const radio = element('input', { type: 'radio', name: 'tasklet', value: tasklet.name });
    radio.checked = tasklet.name === chosen;
    const { built } = tasklet;
    const facts =
      built === null
        ? 'run grafos tasklet build'
        : `${KINDS[tasklet.kind] ?? tasklet.kind} · ${formatSize(built.size)} · built ${formatTime(built.built_at, { seconds: false })}`;
    const state = built === null ? 'not built' : built.stale ? 'stale' : '';
    return element(
      'label',
      { class: 'tasklet' },
      radio,
      element('span', { class: 'tasklet-name ellipsis' }, tasklet.name),
      element('span', { class: 'tasklet-facts ellipsis' }, facts),
      element(
        'span',
        {
          class: 'badge',
          hidden: state === '',
          title:
            state === 'stale' ? 'A source file is newer than the module: build it again to run what you see.' : null,
        },
        state,
      ),
    );
  };

  const fail = (/** @type {string} */ title, /** @type {string} */ next) => {
    byId('run-error').hidden = false;
    setWords(byId('run-error-text'), title);
    setWords(byId('run-error-next'), next);
  };

  list.addEventListener('change', () => {
    chosen = String(new FormData(form).get('tasklet'));
    showChosen();
  });
  byId('input-kind').addEventListener('change', showInputFacts);
  inputText.addEventListener('input', showInputFacts);
  inputFile.addEventListener('change', showInputFacts);
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (!runButton.disabled) form.requestSubmit();
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy || runButton.disabled || chosen === undefined) return;
    byId('run-error').hidden = true;
    const blob = inputBlob();
    const problem = inputProblem(blob);
    if (problem !== undefined) {
      fail('The input cannot be sent', problem);
      return;
    }
    busy = true;
    showChosen();
    try {
      await submit({
        tasklet: chosen,
        ...(blob.size === 0 ? {} : { input: { base64: await toBase64(blob) } }),
        ...(mem.value.trim() === '' ? {} : { mem: mem.value.trim() }),
      });
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error), error instanceof HelperRefused ? error.next : '');
    } finally {
      busy = false;
      showChosen();
    }
  });
  showInputFacts();

  return {
    /**
     * `problem` says why there is no list.
     *
     * @param {HelperTasklets} list
     */
    show({ program, tasklets: next, problem }) {
      tasklets = next;
      if (!tasklets.some(({ name }) => name === chosen)) chosen = tasklets[0]?.name;
      setText(byId('program-name'), program === null ? '' : `${program.name} ${program.version}`);
      byId('program-name').title = program?.root ?? '';
      const focused = document.activeElement?.getAttribute('name') === 'tasklet';
      const [legend] = list.children;
      list.replaceChildren(...(legend === undefined ? [] : [legend]), ...tasklets.map(row));
      /** @type {HTMLInputElement | null} */
      const checked = list.querySelector('input:checked');
      if (focused) checked?.focus();
      empty.hidden = tasklets.length > 0;
      if (problem !== null)
        setEmpty(empty, 'The program cannot be read', [problem.message, problem.next].filter(Boolean).join(' '));
      else setEmpty(empty, 'No tasklets yet', 'Add a `[[tasklet]]` to `grafos.toml`; it appears here at once.');
      showChosen();
    },
  };
}

/** @param {Blob} blob */
async function toBase64(blob) {
  /** @type {string} */
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error('The file cannot be read.'));
    reader.readAsDataURL(blob);
  });
  return url.slice(url.indexOf(',') + 1);
}
