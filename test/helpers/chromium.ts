/**
 * A headless Chromium for page tests. Without one, the run of a person says what it skips; in CI
 * that is a failure.
 */
import { existsSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';

const CANDIDATES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export function findChromium(): string | undefined {
  return CANDIDATES.find((path) => path !== undefined && existsSync(path));
}

/** Undefined: there is none, and the reason was said. */
export async function launchChromium(): Promise<Browser | undefined> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    const words =
      'No Chromium was found, so the dashboard was not tested in a browser. Install it (Debian: apt-get install chromium) or set CHROMIUM to its path.';
    if (process.env.CI === 'true') throw new Error(words);
    process.stderr.write(`    ${words}\n`);
    return undefined;
  }
  // Loaded only where it is used: it takes longer than most test files run.
  const { chromium } = await import('playwright-core');
  return await chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Collects what the page complains about: script errors, console errors, policy violations. */
export async function complaintsOf(page: Page): Promise<string[]> {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('console', (message) => {
    // Chromium itself reports an HTTP status above 399 and a lost connection; the page deals with
    // both.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      complaints.push(`console: ${message.text()}`);
    }
  });
  await page.exposeFunction('reportViolation', (text: string) => complaints.push(`policy: ${text}`));
  await page.addInitScript(
    "document.addEventListener('securitypolicyviolation', (e) => reportViolation(e.violatedDirective + ' ' + e.blockedURI))",
  );
  return complaints;
}
