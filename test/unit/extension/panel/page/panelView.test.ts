/** The page of the Run panel in a real Chromium: messages in, elements out. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import type { ArtifactName } from '../../../../../daemons/wire/tenantApi.ts';
import type { OutputShown } from '../../../../../extension/panel/panelMessages.ts';
import { launchChromium } from '../../../../helpers/chromium.ts';
import { head, type PanelPage, panelPage } from '../../../../helpers/panelPage.ts';

const NAMELESS = join(import.meta.dirname, '../../../../daemons/page/namelessContent.js');
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

function output(bytes: Uint8Array | string, size?: number): OutputShown {
  const content = Buffer.from(bytes);
  return { bytes: content, size: size ?? content.length, note: `${content.length} bytes` };
}

describe('the page of the Run panel', function () {
  this.timeout(60_000);
  let browser: Browser | undefined;
  let panel: PanelPage;

  before(async function () {
    browser = await launchChromium();
    if (browser === undefined) this.skip();
  });

  after(async () => browser?.close());

  beforeEach(async () => {
    panel = await panelPage(browser as Browser);
    await panel.post({ kind: 'head', head: head() });
  });

  afterEach(async () => {
    assert.deepEqual(panel.complaints, []);
    await panel[Symbol.asyncDispose]();
  });

  const show = (bytes: Uint8Array | string, size?: number) =>
    panel.post({ kind: 'output', runId: 'r1', output: output(bytes, size) });
  const views = () => panel.page.locator('.tabs button').allTextContents();
  const open = (name: string) => panel.page.locator(`.tabs [data-view="${name}"]`).click();
  const body = () => panel.page.locator('.output .body');

  it('says that it is ready, and shows nothing of a run before one is there', async () => {
    await panel.post({ kind: 'head', head: null });
    assert.deepEqual((await panel.sent())[0], { kind: 'ready' });
    assert.equal(await panel.page.locator('main').isVisible(), false);
    await panel.page.getByText('empty').waitFor();
  });

  const forms: Array<[string, Uint8Array | string, string[]]> = [
    ['JSON', '{"a":1}', ['tree', 'text', 'hex']],
    ['an array of objects', '[{"a":1},{"b":2}]', ['table', 'tree', 'text', 'hex']],
    ['an array with one that is no object', '[{"a":1},2]', ['tree', 'text', 'hex']],
    ['text', 'grüß dich', ['text', 'hex']],
    ['JSON that is not whole', '{"a":', ['text', 'hex']],
    ['bytes', Uint8Array.of(0, 1, 0xff), ['hex']],
    ['a PNG', PNG, ['picture', 'hex']],
    ['an SVG, which is no picture here', '<svg xmlns="http://www.w3.org/2000/svg"/>', ['text', 'hex']],
  ];
  for (const [title, bytes, expected] of forms) {
    it(`offers the forms of ${title}`, async () => {
      await show(bytes);
      assert.deepEqual(await views(), expected);
    });
  }

  const numbers = ['9007199254740993', '123456789012345678901234567890', '1e400', '0.1000', '-0', '1E-7', '2.50'];
  it('keeps every digit of a number in the tree and in the table', async () => {
    await show(`[{"n":[${numbers.join(',')}]}]`);
    await open('tree');
    assert.deepEqual(await body().locator('.number').allTextContents(), numbers);
    await show(`[${numbers.map((number) => `{"n":${number}}`).join(',')}]`);
    await open('table');
    assert.deepEqual(await body().locator('td').allTextContents(), numbers);
  });

  it('keeps the order of members, doubled ones and names that mean something to JavaScript', async () => {
    await show('{"b":1,"__proto__":{"x":1},"a":2,"b":3,"1":4}');
    const names = await body()
      .locator('.members')
      .first()
      .locator(':scope > * > .name, :scope > * > summary .name')
      .allTextContents();
    assert.deepEqual(names, ['"b"', '"__proto__"', '"a"', '"b"', '"1"']);
  });

  it('draws of a large value only what is opened', async () => {
    await show(JSON.stringify({ rows: Array.from({ length: 5_000 }, (_, index) => ({ index, inner: [index] })) }));
    const rows = () => body().locator('details').count();
    const before = await rows();
    assert.ok(before < 10, `${before} parts drawn`);
    await body().locator('summary', { hasText: 'rows' }).click();
    await body().getByText('more 4,900').waitFor();
    const opened = await rows();
    await body().getByText('more 4,900').click();
    await body().getByText('more 4,800').waitFor();
    assert.ok((await rows()) > opened);
  });

  it('lets nothing of a run become markup, script or another direction of reading', async () => {
    const evil = '</pre><img src=x onerror=alert(1)><script>alert(2)</script>\u202e';
    await panel.post({
      kind: 'head',
      head: head({
        tasklet: evil,
        stateText: evil,
        summary: [evil],
        error: {
          word: evil,
          message: evil,
          next: evil,
          places: [{ file: evil, line: 1, column: 2, name: evil, excerpt: evil }],
        },
        details: [[evil, evil]],
        artifacts: [{ name: evil as ArtifactName, size: evil }],
        notice: evil,
        newer: evil,
      }),
    });
    await show(JSON.stringify([{ [evil]: evil }]));
    for (const view of ['tree', 'text', 'hex', 'table']) await open(view);
    await panel.post({ kind: 'log', runId: 'r1', text: evil, isWhole: true });
    await panel.post({ kind: 'input', runId: 'r1', input: { name: evil, text: evil, note: evil } });
    assert.equal(await panel.page.locator('img, script:not([nonce])').count(), 0);
    assert.doesNotMatch((await panel.page.locator('main').textContent()) ?? '', /\u202e/);
  });

  it('shows a picture by its bytes, with its measures', async () => {
    await show(PNG);
    await panel.page.locator('figcaption', { hasText: 'image/png, 1 × 1' }).waitFor();
  });

  it('copies the decoded text, and asks for the bytes to be saved', async () => {
    await show('{"n":9007199254740993}');
    await panel.page.getByRole('button', { name: 'copy' }).click();
    await panel.page.getByRole('button', { name: 'save' }).click();
    assert.deepEqual((await panel.sent()).slice(-2), [
      { kind: 'copyOutput', text: '{"n":9007199254740993}' },
      { kind: 'saveOutput' },
    ]);
  });

  it('keeps focus, scroll and what is unfolded when the facts of the run change', async () => {
    await show(JSON.stringify(Array.from({ length: 200 }, (_, index) => index)));
    const tree = panel.page.locator('.tree');
    await tree.evaluate((element) => element.scrollTo(0, 300));
    await panel.page.evaluate('scrollTo(0, 40)');
    const scrolled = () => panel.page.evaluate<number[]>(`[scrollY, document.querySelector('.tree').scrollTop]`);
    const before = await scrolled();
    await panel.page.getByRole('button', { name: 'Pin' }).focus();
    await panel.post({
      kind: 'head',
      head: head({ buttons: [{ action: 'with', label: 'Run With…' }, ...head().buttons], notice: 'said later' }),
    });
    assert.equal(await panel.page.evaluate('document.activeElement.textContent'), 'Pin');
    assert.deepEqual(await scrolled(), before);
    assert.ok((before[1] ?? 0) > 0);
  });

  it('lets the log grow, follows its end, and stays where a person scrolled to', async () => {
    const lines = (from: number) => Array.from({ length: 60 }, (_, index) => `line ${from + index}\n`).join('');
    const log = panel.page.locator('.log pre');
    await panel.post({ kind: 'log', runId: 'r1', text: lines(0), isWhole: false });
    await panel.post({ kind: 'log', runId: 'r1', text: lines(60), isWhole: false });
    assert.ok(await log.evaluate((one) => one.scrollHeight - one.scrollTop - one.clientHeight < 2));
    await log.evaluate((one) => one.scrollTo(0, 10));
    await panel.post({ kind: 'log', runId: 'r1', text: 'last\n', isWhole: false });
    assert.equal(await log.evaluate((one) => one.scrollTop), 10);
    assert.equal(await log.textContent(), `${lines(0)}${lines(60)}last\n`);
  });

  it('shows nothing of a run that is no longer shown', async () => {
    await panel.post({ kind: 'head', head: head({ runId: 'r2' }) });
    await show('{"late":true}');
    assert.equal(await body().textContent(), '');
  });

  it('hands on the edited input with the button, and only then', async () => {
    await panel.post({ kind: 'input', runId: 'r1', input: { name: 'fixture one', text: '{"a":1}', note: '' } });
    await panel.page.getByText('fixture one').waitFor();
    await panel.page.getByRole('button', { name: 'Run Again' }).click();
    await panel.page.locator('textarea').fill('{\n  "a": 2\n}');
    await panel.page.getByText('edited').waitFor();
    await panel.page.getByRole('button', { name: 'Run Again' }).click();
    assert.deepEqual((await panel.sent()).slice(-2), [
      { kind: 'action', action: 'again' },
      { kind: 'action', action: 'again', input: '{\n  "a": 2\n}' },
    ]);
    // The next run has that input: it is edited no more.
    await panel.post({ kind: 'head', head: head({ runId: 'r2' }) });
    await panel.post({ kind: 'input', runId: 'r2', input: { name: '', text: '{\n  "a": 2\n}', note: '' } });
    assert.equal(await panel.page.getByText('edited').count(), 0);
  });

  it('keeps an input that is being written while the run before ends', async () => {
    await panel.post({ kind: 'input', runId: 'r1', input: { name: '', text: 'one', note: '' } });
    await panel.page.locator('textarea').fill('two, half writ');
    await panel.post({ kind: 'head', head: head({ runId: 'r2' }) });
    await panel.post({ kind: 'input', runId: 'r2', input: { name: '', text: 'one', note: '' } });
    assert.equal(await panel.page.locator('textarea').inputValue(), 'two, half writ');
  });

  it('counts the time of a run that goes on, and stops with it', async () => {
    await panel.post({ kind: 'head', head: head({ state: 'running', stateText: 'running', elapsedMs: 1_500 }) });
    await panel.page.locator('.elapsed', { hasText: /^[2-9]\.\d s$/ }).waitFor();
    await panel.post({ kind: 'head', head: head() });
    assert.equal(await panel.page.locator('.elapsed').isVisible(), false);
  });

  it('announces the end to screen readers', async () => {
    await panel.post({ kind: 'announce', text: 'demo: succeeded. 1.2 ms' });
    const region = panel.page.getByRole('status');
    assert.equal(await region.textContent(), 'demo: succeeded. 1.2 ms');
    assert.equal(await region.getAttribute('aria-live'), 'polite');
  });

  it('links the places of a failure', async () => {
    const place = { file: 'tasklets/demo.ts', line: 12, column: 5, name: 'compute', excerpt: '  return parts[9];' };
    await panel.post({
      kind: 'head',
      head: head({ state: 'failed', error: { word: 'trap', message: 'index', next: 'Look.', places: [place] } }),
    });
    await panel.page.getByRole('link', { name: 'tasklets/demo.ts:12:5' }).click();
    assert.deepEqual((await panel.sent()).at(-1), { kind: 'place', file: 'tasklets/demo.ts', line: 12, column: 5 });
    await panel.page.getByText('return parts[9];').waitFor();
  });

  it('tells the places of a run from a file, of which none is a link', async () => {
    const place = { file: '/etc/passwd', line: 1, column: 2, name: 'helper', excerpt: 'x', isPlain: true };
    const named = { file: '', line: 0, column: 0, name: 'compute', excerpt: '', isPlain: true };
    await panel.post({
      kind: 'head',
      head: head({ state: 'failed', error: { word: 'trap', message: 'index', next: '', places: [place, named] } }),
    });
    const shown = panel.page.locator('.error li');
    assert.deepEqual(await shown.allTextContents(), ['/etc/passwd:1:2 helperx', ' compute']);
    assert.equal(await panel.page.locator('.error a').count(), 0);
    const lines = [{ cells: ['1', '/etc/passwd:1'], file: '/etc/passwd', line: 1, isPlain: true }];
    const profile = { functions: [['Function']], lineHeads: ['Fuel', 'Line'], lines, flame: [], notes: [] };
    await panel.post({ kind: 'profile', runId: 'r1', profile });
    await panel.page.locator('.profile td', { hasText: '/etc/passwd:1' }).waitFor();
    assert.equal(await panel.page.locator('.profile a').count(), 0);
    await panel.post({
      kind: 'input',
      runId: 'r1',
      input: { name: '', text: 'as it was', note: '', isReadOnly: true },
    });
    assert.equal(await panel.page.locator('textarea').isEditable(), false);
  });

  it('has a name for each table and each part that scrolls, and no empty column head', async () => {
    const place = { file: 'tasklets/demo.ts', line: 12, column: 5, name: 'compute', excerpt: 'return parts[9];' };
    const error = { word: 'trap', message: 'index', next: 'Look.', places: [place] };
    await panel.post({ kind: 'head', head: head({ state: 'failed', error }) });
    const lines = [{ cells: ['1', 'tasklets/demo.ts:1'], file: 'tasklets/demo.ts', line: 1 }];
    const profile = {
      functions: [
        ['Function', 'Fuel'],
        ['compute', '1'],
      ],
      lineHeads: ['Fuel', 'Line'],
      lines,
    };
    await panel.post({ kind: 'profile', runId: 'r1', profile: { ...profile, flame: [], notes: [] } });
    await show('[{"a":1},{"b":2}]');
    const nameless = await readFile(NAMELESS, 'utf8');
    for (const view of await views()) {
      await open(view);
      assert.deepEqual(await panel.page.evaluate(nameless), [], view);
    }
    assert.ok((await panel.page.locator('table').count()) >= 2);
  });

  it('opens the next output in the form that was chosen, where it has it', async () => {
    await show('[{"a":1}]');
    await open('text');
    await show('[{"a":2}]');
    assert.equal(await panel.page.locator('.tabs [aria-pressed="true"]').textContent(), 'text');
    await show(Uint8Array.of(0, 255));
    assert.equal(await panel.page.locator('.tabs [aria-pressed="true"]').textContent(), 'hex');
  });
});
