import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';

/** What the tests photograph: build output, never committed. */
const SCREENSHOTS = join(import.meta.dirname, '..', '..', '..', 'build', 'screenshots');

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
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    const query = folder === undefined ? 'ew=true' : `folder=${encodeURIComponent(folder)}`;
    await page.goto(`${url}/?${query}`);
    await page.locator('.monaco-workbench .part.statusbar').waitFor();
    return new Workbench(page, complaints);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
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

  /** What the palette offers for the words, without running any. */
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
    await this.openPalette(title);
    await this.quickInput().locator('.monaco-list-row', { hasText: title }).first().click();
  }

  async openFile(name: string): Promise<void> {
    await this.page.keyboard.press('ControlOrMeta+P');
    const input = this.quickInput().locator('input.input');
    await input.waitFor();
    await input.fill(name);
    await this.quickInput().locator('.monaco-list-row', { hasText: name }).first().click();
    await this.page.locator('.tab.active', { hasText: name }).waitFor();
    await this.page.locator('.editor-group-container.active .monaco-editor .view-line').first().waitFor();
  }

  async screenshot(name: string): Promise<void> {
    await mkdir(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  }

  /** Texts of the notifications to be seen, of the kinds given. */
  async notifications(kind: 'error' | 'warning' | 'info'): Promise<string[]> {
    return await this.page
      .locator('.notification-list-item', { has: this.page.locator(`.codicon-${kind}`) })
      .locator('.notification-list-item-message')
      .allInnerTexts();
  }

  private async openPalette(words: string): Promise<void> {
    await this.page.keyboard.press('F1');
    const input = this.quickInput().locator('input.input');
    await input.waitFor();
    await input.fill(`>${words}`);
    await this.quickInput().locator('.monaco-list-row').first().waitFor();
  }
}
