import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';

/** Folder of the screenshots: build output, never committed. */
const SCREENSHOTS = join(import.meta.dirname, '..', '..', '..', 'build', 'screenshots');

/** Errors of the editor itself, which it reports in every window or on a busy machine. */
const OF_THE_EDITOR = [
  // The module that signs the connection is in Microsoft's own build alone.
  /404 \(Not Found\) \[.*\/node_modules\/vsda\//,
  // The account menu waits five seconds for the editor's own extension.
  /Timed out waiting for authentication provider/,
];

/** The end of a complaint of the workbench's own script: the address of that script. */
const OWN_SCRIPT = /\/workbench\/workbench\.js\]$/;

const UNTIL_MS = 30_000;

/** Time that a picture may take, milliseconds. */
const SCREENSHOT_MS = 60_000;

/** Reads the stored layout of the workbench: the state of the panel, and the open editors. */
const STORED = `(async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  for (const { name } of await indexedDB.databases()) {
    if (!/^vscode-web-state-db-(?!global)/.test(name)) continue;
    const database = await done(indexedDB.open(name));
    const items = database.transaction('ItemTable').objectStore('ItemTable');
    const [hidden, editors] = await Promise.all(
      ['workbench.panel.hidden', 'memento/workbench.parts.editor'].map((key) => done(items.get(key))),
    );
    database.close();
    return { isPanelHidden: hidden !== 'false', editors: editors ?? '' };
  }
})()`;

interface SeenNotification {
  kind: 'error' | 'warning' | 'info' | 'unknown';
  text: string;
}

/** The workbench of one window, driven as a person would: keys, clicks, and what is to be seen. */
export class Workbench implements AsyncDisposable {
  readonly page: Page;
  /** Errors that the page itself wrote to its console. */
  readonly complaints: string[];

  private constructor(page: Page, complaints: string[]) {
    this.page = page;
    this.complaints = complaints;
  }

  /** Opens the folder and waits until the workbench has drawn itself. */
  static async open(browser: Browser, url: string, folder?: string): Promise<Workbench> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
    page.on('console', (message) => {
      const complaint = `${message.text()} [${message.location().url}]`;
      const isOfTheEditor = OF_THE_EDITOR.some((one) => one.test(complaint));
      if (message.type() === 'error' && !isOfTheEditor) complaints.push(complaint);
    });
    // A notification may come and go between two looks, so all of them are recorded as they appear.
    await page.addInitScript({ path: join(import.meta.dirname, 'recordNotifications.js') });
    const kind = folder?.endsWith('.code-workspace') ? 'workspace' : 'folder';
    const query = folder === undefined ? 'ew=true' : `${kind}=${encodeURIComponent(folder)}`;
    await page.goto(`${url}/?${query}`);
    await page.locator('.monaco-workbench .part.statusbar').waitFor();
    return new Workbench(page, complaints);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }

  /**
   * Reloads the window once its layout is stored. The workbench stores it some seconds after a
   * change; while a page unloads, a busy browser has no time for it.
   */
  async reload(): Promise<void> {
    const isPanelHidden = !(await this.page.locator('.part.panel').isVisible());
    const [name = ''] = await this.page.locator('.tab.active .label-name').allInnerTexts();
    await this.until('the stored layout', async () => {
      const stored: { isPanelHidden: boolean; editors: string } | undefined = await this.page.evaluate(STORED);
      return stored?.isPanelHidden === isPanelHidden && stored.editors.includes(name) ? true : undefined;
    });
    await this.unload(() => this.page.reload());
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor();
  }

  /**
   * Leaves the window as a person does by closing its tab: the workbench notices, and ends its
   * extension host.
   */
  async leave(): Promise<void> {
    await this.unload(() => this.page.goto('about:blank'));
  }

  /**
   * Goes to another page. Complaints of the workbench's own script do not count while its page
   * unloads.
   */
  private async unload(go: () => Promise<unknown>): Promise<void> {
    const { length } = this.complaints;
    await go();
    const meanwhile = this.complaints.splice(length);
    this.complaints.push(...meanwhile.filter((one) => !OWN_SCRIPT.test(one)));
  }

  /** Opens the grafOS container of the activity bar, if it is not open. */
  async showGrafos(): Promise<void> {
    const tab = this.page.locator('.part.activitybar .action-item', {
      has: this.page.locator('[aria-label^="grafOS"]'),
    });
    await tab.waitFor();
    if (!(await tab.getAttribute('class'))?.includes('checked')) await tab.locator('.action-label').click();
    await this.view('Local stack').waitFor();
  }

  /** A view of the side bar by its title: header and content. */
  view(title: string): Locator {
    return this.page.locator('.part.sidebar .pane', {
      has: this.page.locator('.pane-header .title', { hasText: new RegExp(`^${title}$`, 'i') }),
    });
  }

  /** A button of a view's welcome text. */
  welcome(view: string, label: string): Locator {
    return this.view(view).locator('.monaco-text-button', { hasText: label });
  }

  row(view: string, text: string | RegExp): Locator {
    return this.view(view).locator('.monaco-list-row', { hasText: text });
  }

  /** The entry of the status bar, by what a screen reader says of it. */
  status(words: string): Locator {
    return this.page.locator('.part.statusbar').getByRole('button', { name: words });
  }

  quickInput(): Locator {
    return this.page.locator('.quick-input-widget');
  }

  /** The commands that the palette offers for the words, without running any. */
  async paletteOffers(words: string): Promise<string[]> {
    await this.openPalette(words);
    const rows = this.quickInput().locator(
      '.monaco-list-row .quick-input-list-row:first-child .monaco-icon-label-container',
    );
    const labels = await rows.allInnerTexts();
    await this.page.keyboard.press('Escape');
    return labels.map((label) => label.replaceAll('\u00a0', ' ').trim());
  }

  /** Runs a command by its full title, as `grafOS: Validate`. */
  async command(title: string): Promise<void> {
    const row = this.quickInput().locator('.monaco-list-row', { hasText: title }).first();
    // A palette has the commands from when it opened. A new window learns late that its folder is
    // trusted, and has fewer commands until then.
    await this.until(`${title} in the palette`, async () => {
      await this.openPalette(title);
      const isOffered = await row.waitFor({ timeout: 2_000 }).then(
        () => true,
        () => undefined,
      );
      if (isOffered === undefined) await this.page.keyboard.press('Escape');
      return isOffered;
    });
    await row.click();
  }

  /** Opens a file by its name, or enough of its path. */
  async openFile(path: string): Promise<void> {
    const name = basename(path);
    await this.page.keyboard.press('ControlOrMeta+P');
    const input = this.quickInput().locator('input.input');
    await input.waitFor();
    await input.fill(path);
    let row = this.quickInput().locator('.monaco-list-row');
    for (const part of path.split('/')) row = row.filter({ hasText: part });
    await row.first().click();
    await this.page.locator('.tab.active', { hasText: name }).waitFor();
    await this.page.locator('.editor-group-container.active .monaco-editor .view-line').first().waitFor();
  }

  async screenshot(name: string): Promise<void> {
    await mkdir(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({
      path: join(SCREENSHOTS, `${name}.png`),
      // What fades in or out is shown as it is at the end.
      animations: 'disabled',
      // A picture says nothing of the speed of the product.
      timeout: SCREENSHOT_MS,
    });
  }

  /**
   * Texts of all notifications of a kind since the window was opened or reloaded, gone ones too, in
   * the order they came.
   */
  async notifications(kind: 'error' | 'warning' | 'info'): Promise<string[]> {
    const seen: SeenNotification[] = await this.page.evaluate('globalThis.notificationsSeen');
    return seen.filter((one) => one.kind === kind).map((one) => one.text);
  }

  /**
   * The errors and warnings among them. Work under way is reported as information, which is
   * allowed.
   */
  async troubles(): Promise<string[]> {
    return [...(await this.notifications('error')), ...(await this.notifications('warning'))];
  }

  /**
   * The first answer of `look` that is not undefined, for facts that neither the page nor a file
   * reports.
   *
   * @throws {Error} after a while
   */
  async until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
    for (
      const deadline = performance.now() + UNTIL_MS;
      performance.now() < deadline;
      await this.page.waitForTimeout(50)
    ) {
      const found = await look();
      if (found !== undefined) return found;
    }
    throw new Error(`waited ${UNTIL_MS} ms for ${what}`);
  }

  /** Answers the input box of a title: waits for it, types, accepts. */
  async answer(title: string, text: string): Promise<void> {
    const widget = this.page.locator('.quick-input-widget', { hasText: title });
    await widget.waitFor();
    await widget.locator('input.input').fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Chooses a file by its whole path in the editor's own file dialog, which opens at a folder. */
  async chooseFile(title: string, folder: string, path: string): Promise<void> {
    const widget = this.page.locator('.quick-input-widget', { hasText: title });
    await widget.waitFor();
    const input = widget.locator('input.input');
    // What is typed before the dialog has shown its folder is lost.
    await this.page.waitForFunction(([box, value]) => box?.value === value, [
      await input.elementHandle(),
      `${folder}/`,
    ] as const);
    await widget.locator('.monaco-list-row', { hasText: '..' }).first().waitFor();
    await input.fill(path);
    await widget
      .locator('.monaco-list-row', { hasText: basename(path) })
      .first()
      .click();
    await widget.waitFor({ state: 'hidden' });
  }

  /**
   * Time of an extension's activation by the editor's own count, its loading included,
   * milliseconds.
   */
  async activationTime(name: string): Promise<number> {
    await this.command('Developer: Show Running Extensions');
    const row = this.page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: name }).first();
    const text = (await row.locator('.activation-time').textContent()) ?? '';
    const milliseconds = /(\d+)\s*ms/.exec(text)?.[1];
    if (milliseconds === undefined) throw new Error(`the editor does not say how long ${name} took: "${text}"`);
    return Number(milliseconds);
  }

  /** Content of the webview that is in front. */
  webview(): FrameLocator {
    return this.page.locator('.webview.ready').last().contentFrame().locator('#active-frame').contentFrame();
  }

  private async openPalette(words: string): Promise<void> {
    await this.page.keyboard.press('F1');
    const input = this.quickInput().locator('input.input');
    await input.waitFor();
    await input.fill(`>${words}`);
    await this.quickInput().locator('.monaco-list-row').first().waitFor();
  }
}
