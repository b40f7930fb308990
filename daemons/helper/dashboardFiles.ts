import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';

const SCRIPTS = [
  'dashboard.js',
  'composer.js',
  'elements.js',
  'format.js',
  'helperConnection.js',
  'placeItem.js',
  'prettyJson.js',
  'runDetail.js',
  'runTable.js',
];

const STYLES = ['base.css', 'dashboard.css', 'runs.css'];

/** Path -> file under media/dashboard and its type. A path that is not in this table is no file. */
export const DASHBOARD_FILES: Record<string, { file: string; type: string }> = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/icon.svg': { file: 'icon.svg', type: 'image/svg+xml' },
  ...Object.fromEntries(STYLES.map((file) => [`/${file}`, { file, type: 'text/css; charset=utf-8' }])),
  ...Object.fromEntries(SCRIPTS.map((file) => [`/${file}`, { file, type: 'text/javascript; charset=utf-8' }])),
};

/**
 * The policy of the page: our own files only, no inline script or style, no frame, and (Trusted
 * Types) no text that becomes markup.
 *
 * `blob:` is not named: a download by an anchor needs no permission here.
 */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

export async function sendDashboardFile(res: ServerResponse, path: string): Promise<void> {
  const entry = DASHBOARD_FILES[path];
  if (entry === undefined) throw new Error(`no dashboard file at ${path}`);
  const body = await readFile(join(packageRoot, 'media', 'dashboard', entry.file));
  res.setHeader('Content-Security-Policy', PAGE_POLICY);
  res.writeHead(200, { 'Content-Type': entry.type, 'Content-Length': body.length }).end(body);
}
