/**
 * The page of the Run panel in a real browser, with an editor that only writes down what the page
 * sends.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { panelHtml } from '../../extension/panel/panelHtml.ts';
import type { FromPage, PanelWords, RunHead, ToPage } from '../../extension/panel/panelMessages.ts';
import { complaintsOf } from './chromium.ts';

const dist = join(import.meta.dirname, '../../dist/extension');
const TYPES: Record<string, string> = { '/runPanel.js': 'text/javascript', '/runPanel.css': 'text/css' };

export interface PanelPage extends AsyncDisposable {
  page: Page;
  /** Script errors and violations of the page's policy. */
  complaints: string[];
  post(message: ToPage): Promise<void>;
  sent(): Promise<FromPage[]>;
}

/** Each word is its own name, so a test reads which word is shown where. */
export const WORDS = Object.fromEntries(
  [
    ...['empty', 'output', 'noOutput', 'log', 'noLog', 'input', 'inputLabel', 'profile', 'functions', 'lines', 'flame'],
    ...[
      'details',
      'artifacts',
      'error',
      'places',
      'actions',
      'views',
      'tree',
      'table',
      'text',
      'picture',
      'hex',
      'copy',
      'save',
    ],
    ...['showNewer', 'edited'],
  ].map((name) => [name, name]),
) as unknown as PanelWords;

export function head(changes: Partial<RunHead> = {}): RunHead {
  return {
    runId: 'r1',
    tasklet: 'demo',
    state: 'succeeded',
    stateText: 'succeeded',
    summary: ['local', '1.2 ms'],
    elapsedMs: null,
    error: null,
    notice: '',
    newer: '',
    details: [['Cell', 'c1']],
    artifacts: [],
    buttons: [
      { action: 'again', label: 'Run Again' },
      { action: 'pin', label: 'Pin' },
    ],
    ...changes,
  };
}

export async function panelPage(browser: Browser): Promise<PanelPage> {
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    if (path === '/') {
      const { port } = server.address() as AddressInfo;
      const files = { script: '/runPanel.js', style: '/runPanel.css', cspSource: `http://127.0.0.1:${port}` };
      response.setHeader('content-type', 'text/html');
      response.end(panelHtml({ ...files, nonce: 'n0nce', language: 'en' }));
      return;
    }
    const type = TYPES[path];
    if (type === undefined) {
      response.writeHead(404).end();
      return;
    }
    readFile(join(dist, path.slice(1))).then(
      (bytes) => response.setHeader('content-type', type).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const page = await browser.newPage({ viewport: { width: 1200, height: 500 } });
  const complaints = await complaintsOf(page);
  await page.addInitScript(
    'globalThis.sent = []; globalThis.acquireVsCodeApi = () => ({ postMessage: (message) => globalThis.sent.push(message) });',
  );
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const post = async (message: ToPage) => {
    const bytes = message.kind === 'output' ? Buffer.from(message.output.bytes).toString('base64') : '';
    await page.evaluate(`(async () => {
      const value = ${JSON.stringify(message)};
      if (value.kind === 'output') {
        value.output.bytes = Uint8Array.from(atob('${bytes}'), (one) => one.charCodeAt(0));
      }
      const taken = new Promise((resolve) => addEventListener('message', resolve, { once: true }));
      postMessage(value, '*');
      await taken;
    })()`);
  };
  await post({ kind: 'words', words: { ...WORDS, more: 'more {0}' } });
  return {
    page,
    complaints,
    post,
    sent: () => page.evaluate('globalThis.sent'),
    async [Symbol.asyncDispose]() {
      await page.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
