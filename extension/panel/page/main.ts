/** Entry point of the Run panel's page: connects the view with the extension. */
import type { FromPage, ToPage } from '../panelMessages.ts';
import { PanelView } from './panelView.ts';

declare function acquireVsCodeApi(): { postMessage(message: FromPage): void };

const editor = acquireVsCodeApi();
const send = (message: FromPage) => editor.postMessage(message);
let view: PanelView | undefined;

addEventListener('message', ({ data }: MessageEvent<ToPage>) => {
  if (data.kind === 'words') view = new PanelView(document.body, data.words, send);
  else view?.receive(data);
});
send({ kind: 'ready' });
