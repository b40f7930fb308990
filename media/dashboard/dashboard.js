/**
 * The page. It connects, follows the helper's events, and hands them to the tasklet list, the run
 * table and the run detail.
 */
import { composer } from './composer.js';
import { byId, copyOnClick, setText, setWords } from './elements.js';
import { errorLabel, formatDuration } from './format.js';
import { connectHelper, findHelper, HelperRefused, originOf, savedHelper } from './helperConnection.js';
import { runDetail } from './runDetail.js';
import { runTable } from './runTable.js';

/** @import { HelperEvent, HelperRun } from '../../daemons/wire/helperApi.ts' */
/** @import { Helper, HelperConnection } from './helperConnection.js' */

/**
 * Waits between tries to reach a helper that does not answer, while the page is visible.
 * Milliseconds.
 */
const RETRY_MS = [1_000, 2_000, 5_000, 15_000, 30_000];
/** Address that the page's own folder has in this browser: a proxy may put a path before it. */
const pageAddress = location.origin + location.pathname.replace(/\/[^/]*$/, '');
/**
 * A helper serves this page itself, or the page is hosted elsewhere and asks a helper across
 * origins.
 */
const servedByHelper = location.protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(location.hostname);

/** @type {HelperConnection | undefined} */
let connection;
/** Ends all that belongs to the connection. */
let session = new AbortController();
/** @type {() => void} */
let retryNow = () => {};

const urlField = byId('connect-url', HTMLInputElement);
const bearerField = byId('connect-bearer', HTMLInputElement);
const oneColumn = matchMedia('(max-width: 900px)');

const table = runTable({ select: (run) => choose(run) });
const detail = runDetail({ connection: present, failed: fail });
const form = composer({
  async submit(request) {
    try {
      /** @type {HelperRun} */
      const started = await present().json('/v1/runs', { method: 'POST', body: request });
      own.add(started.run_id);
      const now = table.put(started);
      choose(now);
      // A short run's end may have come before the answer to its start.
      announceEnd(now);
    } catch (error) {
      if (!isWrongBearer(error)) throw error;
      fail(error);
    }
  },
});
/** Runs started from this page: their ends are announced. */
/** @type {Set<string>} */
const own = new Set();

/** The connection; only a view of one asks for it. */
function present() {
  if (connection === undefined) throw new Error('there is no connection');
  return connection;
}

/** @param {HelperRun} run */
function choose(run) {
  table.select(run.run_id);
  detail.show(run);
  // In one column the result is out of sight.
  if (oneColumn.matches) byId('detail').scrollIntoView({ block: 'start' });
}

/** @param {HelperRun} run */
function takeRun(run) {
  const before = table.get(run.run_id);
  const now = table.put(run);
  detail.update(now);
  if (before?.ended_at === null) announceEnd(now);
}

/** @param {HelperRun} run */
function announceEnd({ run_id, tasklet, state, error, duration_us, ended_at }) {
  if (ended_at === null || !own.has(run_id)) return;
  const how = error === null ? '' : `: ${errorLabel(error)}`;
  byId('announcer').textContent = `${tasklet} ${state}${how}, ${formatDuration(duration_us ?? 0)}.`;
}

/** @param {HelperEvent} happening */
function take({ event, data }) {
  switch (event) {
    case 'tasklets':
      form.show(data);
      document.title = data.program === null ? 'grafOS Developer' : `${data.program.name} · grafOS Developer`;
      break;
    case 'runs':
      table.replace(data.runs);
      for (const run of data.runs) detail.update(run);
      break;
    case 'run':
      takeRun(data);
      break;
    case 'gone':
      table.remove(data.run_id);
      break;
    case 'scheduler':
      notice(data.state === 'ok' ? '' : `The scheduler does not answer: ${data.message} Runs are shown as last seen.`);
      break;
  }
}

/** @param {'desk' | 'form' | 'loading'} name */
function view(name) {
  document.body.dataset.view = name;
  byId('disconnect').hidden = name !== 'desk';
}

/**
 * @param {string} state
 * @param {string} text
 */
function connectionState(state, text) {
  byId('connection').dataset.state = state;
  setText(byId('connection-text'), text);
}

/**
 * @param {string} text
 * @param {() => void} [retry]
 */
function notice(text, retry) {
  byId('desk-notice').hidden = text === '';
  setWords(byId('desk-notice-text'), text);
  byId('retry').hidden = retry === undefined;
  retryNow = retry ?? (() => {});
}

/** Shows the form; `title` and `text` say why what was there before does not work any more. */
function askForHelper({ title = '', text = '', url = '' } = {}) {
  session.abort();
  connection = undefined;
  detail.pause();
  view('form');
  connectionState('off', 'Not connected');
  byId('connect-notice').hidden = title === '';
  setText(byId('connect-notice-title'), title);
  setWords(byId('connect-notice-text'), text);
  urlField.value = url || (servedByHelper ? pageAddress : '');
  bearerField.value = '';
  setText(byId('connect-error'), '');
  bearerField.focus();
}

const isWrongBearer = (/** @type {unknown} */ error) => error instanceof HelperRefused && error.status === 401;

/**
 * The words of an error: what happened, and what to do next.
 *
 * @param {unknown} error
 */
function wordsOf(error) {
  const message = error instanceof Error ? error.message : String(error);
  return { message, next: error instanceof HelperRefused ? error.next : '' };
}

/**
 * Shows an error that belongs to no field of the page.
 *
 * @param {unknown} error
 */
function fail(error) {
  if (isWrongBearer(error)) {
    const { url, bearer } = present();
    // A link with a wrong bearer must not cost the good one.
    if (savedHelper.load()?.bearer === bearer) savedHelper.forget();
    askForHelper({
      url,
      title: 'This stack has another bearer',
      text: 'The one given is from an earlier `grafos dev up`, or of another program. Every start makes a new one: copy it as below.',
    });
    return;
  }
  const { message, next } = wordsOf(error);
  notice(next === '' ? message : `${message} ${next}`);
}

/**
 * Follows the helper's events until the session ends. The first answer decides whether the pasted
 * text is right.
 *
 * @param {HelperConnection} helper
 */
async function follow(helper) {
  const { signal } = session;
  for (let tries = 0; !signal.aborted; ) {
    const looking = new AbortController();
    let fresh = true;
    const rest = () => {
      if (!document.hidden) return;
      looking.abort();
      detail.pause();
    };
    document.addEventListener('visibilitychange', rest);
    try {
      for await (const event of helper.events('/v1/events', { signal: AbortSignal.any([signal, looking.signal]) })) {
        if (event.event === 'stopping') {
          savedHelper.forget();
          askForHelper({
            title: 'The local stack was stopped',
            text: 'Its bearer ended with it. Start the stack with `grafos dev up`, then copy the new URL and bearer as below.',
          });
          return;
        }
        if (fresh) {
          fresh = false;
          savedHelper.save({ url: helper.url, bearer: helper.bearer });
          view('desk');
          connectionState('on', new URL(helper.url).host);
          notice('');
          detail.resume();
          tries = 0;
        }
        take(event);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isWrongBearer(error)) return fail(error);
      if (!looking.signal.aborted && document.body.dataset.view !== 'desk') {
        askForHelper({
          url: helper.url,
          title: wordsOf(error).message,
          text: wordsOf(error).next || 'Is the stack running? `grafos dev status` says so, `grafos dev up` starts it.',
        });
        return;
      }
    } finally {
      document.removeEventListener('visibilitychange', rest);
    }
    if (signal.aborted) return;
    if (looking.signal.aborted) await shown();
    else {
      connectionState('lost', 'Connection lost');
      const wait = RETRY_MS.at(Math.min(tries, RETRY_MS.length - 1));
      tries++;
      await pause(wait ?? 0);
    }
  }
}

const shown = () =>
  new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener('visibilitychange', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    look();
  });

/** @param {number} milliseconds */
function pause(milliseconds) {
  return new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    notice(
      'The helper does not answer. What you see is as last seen; it is tried again while this page is open.',
      () => {
        clearTimeout(timer);
        resolve();
      },
    );
    session.signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** @param {Helper} helper */
function connect(helper) {
  if (servedByHelper && helper.url !== pageAddress && !isSelf(helper.url)) {
    // Another helper serves its own page; the fragment stays in the browser.
    location.assign(`${helper.url}/#${helper.bearer}`);
    return;
  }
  session.abort();
  session = new AbortController();
  view('loading');
  connectionState('off', 'Connecting');
  connection = connectHelper(isSelf(helper.url) ? { ...helper, url: pageAddress } : helper);
  void follow(connection);
}

/**
 * 127.0.0.1 and localhost are two origins of one helper.
 *
 * @param {string} url
 */
function isSelf(url) {
  const { hostname, port } = new URL(url);
  return servedByHelper && ['127.0.0.1', 'localhost'].includes(hostname) && port === location.port;
}

byId('connect-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const found = findHelper(`${urlField.value} ${bearerField.value}`);
  const url = found.url ?? originOf(urlField.value.trim());
  const problem =
    url === undefined
      ? 'The URL is missing: it looks like http://127.0.0.1:40127.'
      : found.bearer === undefined
        ? 'The bearer is missing or not whole: it has 43 letters, digits, - and _.'
        : '';
  setText(byId('connect-error'), problem);
  if (url !== undefined && found.bearer !== undefined) connect({ url, bearer: found.bearer });
  else byId(url === undefined ? 'connect-url' : 'connect-bearer').focus();
});

for (const id of ['connect-url', 'connect-bearer']) {
  byId(id).addEventListener('paste', (event) => {
    const found = findHelper(event.clipboardData?.getData('text') ?? '');
    if (found.bearer === undefined) return;
    event.preventDefault();
    if (found.url !== undefined) urlField.value = found.url;
    bearerField.value = found.bearer;
    byId('connect-submit').focus();
  });
}
copyOnClick(byId('copy-command'), () => byId('connect-command').textContent ?? '');
byId('disconnect').addEventListener('click', () => {
  savedHelper.forget();
  askForHelper();
});
byId('retry').addEventListener('click', () => retryNow());

function start() {
  const given = findHelper(`${location.origin} ${location.hash.slice(1)}`);
  // The address bar and the history are no place for a bearer.
  if (location.hash !== '') history.replaceState(null, '', location.pathname);
  const saved = savedHelper.load();
  // Only a helper's own page gets a bearer in its address, also under the name of a forwarded port.
  if (given.bearer !== undefined) connect({ url: pageAddress, bearer: given.bearer });
  else if (saved !== undefined) connect(saved);
  else askForHelper();
}

window.addEventListener('hashchange', () => {
  if (location.hash !== '') start();
});
start();
