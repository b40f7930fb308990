/** The run page as HTML: a pure function of what is known of a run. Everything that comes from outside is escaped here. */

import { neutralText } from '../../daemons/protocol/neutralText.ts';

/** Action that the page posts once it is there. */
export const PAGE_LOADED = 'loaded';

export interface RunPage {
  title: string;
  /** One of ours, used in a class name. */
  state: string;
  stateText: string;
  /** Name and value, in reading order. */
  facts: Array<[name: string, value: string]>;
  error: { word: string; message: string } | null;
  /** Where it failed, the first place first; the page posts the number of the one that is clicked. */
  places: Array<{ text: string; excerpt: string; isLink: boolean }>;
  output: { text: string; note: string } | null;
  log: string | null;
  artifacts: Array<{ name: string; size: string }>;
  /** Rows of two tables, the heads first; all but the last column are numbers. */
  profile: { heading: string; functions: string[][]; lines: string[][]; note: string } | null;
  /** Command word and label of each button. */
  buttons: Array<{ action: string; label: string }>;
  headings: { output: string; log: string; artifacts: string; noOutput: string; noLog: string };
}

export function renderRun(page: RunPage, nonce: string): string {
  const { headings } = page;
  const section = (title: string, body: string) => `<section><h2>${escapeHtml(title)}</h2>${body}</section>`;
  const output =
    page.output === null
      ? ''
      : section(
          headings.output,
          page.output.text === ''
            ? `<p class="quiet">${escapeHtml(headings.noOutput)}</p>`
            : `<pre tabindex="0">${escapeHtml(page.output.text)}</pre><p class="quiet">${escapeHtml(page.output.note)}</p>`,
        );
  const log =
    page.log === null
      ? ''
      : section(
          headings.log,
          page.log === ''
            ? `<p class="quiet">${escapeHtml(headings.noLog)}</p>`
            : `<pre tabindex="0">${escapeHtml(page.log)}</pre>`,
        );
  const artifacts =
    page.artifacts.length === 0
      ? ''
      : section(
          headings.artifacts,
          `<ul>${page.artifacts
            .map(
              ({ name, size }) =>
                `<li><a href="#" data-action="artifact" data-name="${escapeHtml(name)}">${escapeHtml(name)}</a> <span class="quiet">${escapeHtml(size)}</span></li>`,
            )
            .join('')}</ul>`,
        );
  const table = (rows: string[][]) =>
    `<table>${rows
      .map(
        (cells, row) =>
          `<tr>${cells.map((cell) => (row === 0 ? `<th>${escapeHtml(cell)}</th>` : `<td>${escapeHtml(cell)}</td>`)).join('')}</tr>`,
      )
      .join('')}</table>`;
  const profile =
    page.profile === null
      ? ''
      : section(
          page.profile.heading,
          `${table(page.profile.functions)}${page.profile.lines.length > 1 ? table(page.profile.lines) : ''}<p class="quiet">${escapeHtml(page.profile.note)}</p>`,
        );
  const error =
    page.error === null
      ? ''
      : `<p class="error" role="alert"><strong>${escapeHtml(page.error.word)}</strong> ${escapeHtml(page.error.message)}</p>`;
  const places =
    page.places.length === 0
      ? ''
      : `<ul class="places">${page.places
          .map(({ text, excerpt, isLink }, index) => {
            const shown = isLink
              ? `<a href="#" data-action="place" data-name="${index}">${escapeHtml(text)}</a>`
              : `<span class="quiet">${escapeHtml(text)}</span>`;
            return `<li>${shown}${excerpt === '' ? '' : ` <code>${escapeHtml(excerpt)}</code>`}</li>`;
          })
          .join('')}</ul>`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'">
<title>${escapeHtml(page.title)}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<header><h1>${escapeHtml(page.title)}</h1><span class="state ${escapeHtml(page.state)}">${escapeHtml(page.stateText)}</span></header>
${error}${places}
<dl>${page.facts.map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`).join('')}</dl>
<p class="buttons">${page.buttons
    .map(
      ({ action, label }, index) =>
        `<button type="button" class="${index === 0 ? 'primary' : ''}" data-action="${escapeHtml(action)}">${escapeHtml(label)}</button>`,
    )
    .join(' ')}</p>
${profile}${output}${log}${artifacts}
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  const neutral = text
    .split(/\r\n|\n/)
    .map(neutralText)
    .join('\n');
  return neutral.replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}

const SCRIPT = `
const editor = acquireVsCodeApi();
addEventListener('load', () => editor.postMessage({ action: '${PAGE_LOADED}' }));
document.addEventListener('click', (event) => {
  const target = event.target.closest('[data-action]');
  if (target === null) return;
  event.preventDefault();
  editor.postMessage({ action: target.dataset.action, name: target.dataset.name });
});`;

const STYLE = `
body { padding: 1.2rem 1.6rem; max-width: 60rem; color: var(--vscode-foreground); font: var(--vscode-font-size)/1.5 var(--vscode-font-family); }
header { display: flex; align-items: baseline; gap: .8rem; flex-wrap: wrap; }
h1 { font-size: 1.5em; font-weight: 600; margin: 0; }
h2 { font-size: 1em; font-weight: 600; margin: 1.4rem 0 .4rem; }
.state { padding: 0 .6em; border: 1px solid currentColor; border-radius: 1em; }
.state.succeeded { color: var(--vscode-testing-iconPassed, var(--vscode-charts-green)); }
.state.failed { color: var(--vscode-errorForeground); }
.error { border-left: 3px solid var(--vscode-errorForeground); padding: .3rem .8rem; background: var(--vscode-inputValidation-errorBackground); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .6rem 1.2rem; margin: 1rem 0; }
dt { color: var(--vscode-descriptionForeground); font-size: .9em; }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
pre { margin: 0; padding: .8rem 1rem; max-height: 30rem; overflow: auto; background: var(--vscode-textCodeBlock-background); font: var(--vscode-editor-font-size) var(--vscode-editor-font-family); border: 1px solid var(--vscode-contrastBorder, transparent); }
table { border-collapse: collapse; margin: .4rem 0 .8rem; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 400; color: var(--vscode-descriptionForeground); }
th, td { padding: .1rem 1rem .1rem 0; }
td:not(:last-child), th:not(:last-child) { text-align: right; }
td:last-child { font-family: var(--vscode-editor-font-family); overflow-wrap: anywhere; }
.quiet { color: var(--vscode-descriptionForeground); margin: .3rem 0; }
ul { margin: 0; padding-left: 1.2rem; }
a { color: var(--vscode-textLink-foreground); }
button { font: inherit; padding: .25rem .9rem; color: var(--vscode-button-secondaryForeground); background: var(--vscode-button-secondaryBackground); border: 1px solid var(--vscode-button-border, transparent); border-radius: 2px; cursor: pointer; }
button.primary { color: var(--vscode-button-foreground); background: var(--vscode-button-background); }
button:focus-visible, a:focus-visible, pre:focus-visible { outline: 1px solid var(--vscode-focusBorder); outline-offset: 2px; }`;
