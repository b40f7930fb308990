import assert from 'node:assert/strict';
import { GrafosError } from '../../../../base/grafosError.ts';
import { asCellError } from '../../../../extension/dialogs/cellError.ts';
import { errorNotice } from '../../../../extension/dialogs/errorNotice.ts';

describe('how the editor tells errors', () => {
  const rows: Array<[string, unknown, { text: RegExp; actions: string[] } | undefined]> = [
    ['nothing where the user ended it', new GrafosError('interrupted', 'Interrupted.'), undefined],
    ['nothing where a signal ended it', new DOMException('aborted', 'AbortError'), undefined],
    [
      'a stack that does not run',
      new GrafosError('runtime_not_ready', 'The local stack does not run.', {
        next: 'Start it: grafos dev up',
      }),
      {
        text: /^The local stack does not run\. Start it: grafos dev up$/,
        actions: ['grafos.stack.start', 'grafos.stack.doctor'],
      },
    ],
    [
      'a cloud without a cell',
      new GrafosError('runtime_not_ready', 'aws has no cell.', {
        next: 'Add one: grafos cloud adopt aws',
      }),
      { text: /^aws has no cell\. Add one: grafos cloud adopt aws$/, actions: ['grafos.provider.addCell'] },
    ],
    [
      'a build with findings, by its first',
      new GrafosError('build_failed', 'Not built.', { why: 'a.ts:1:2: no\nmore' }),
      { text: /^Not built\. a\.ts:1:2: no$/, actions: ['problems'] },
    ],
    [
      'what to do next where no button does it',
      new GrafosError('lease_denied: quota', 'Too much.', { next: 'Ask for less.' }),
      { text: /^Too much\. Ask for less\.$/, actions: [] },
    ],
    [
      'what to do next beside buttons that do something else',
      new GrafosError('rust_missing', 'There is no cargo on this machine.', {
        why: 'The PATH has none.',
        next: 'Install Rust from https://rustup.rs.',
      }),
      {
        text: /^There is no cargo on this machine\. The PATH has none\. Install Rust from https:\/\/rustup\.rs\.$/,
        actions: ['grafos.stack.doctor', 'grafos.stack.logs'],
      },
    ],
    [
      'a daemon that did not start',
      new GrafosError('daemon_exited', 'It ended.'),
      { text: /^It ended\.$/, actions: ['grafos.stack.logs', 'grafos.stack.doctor'] },
    ],
    [
      'a cell of a cloud that does not answer, which no doctor of this machine can mend',
      asCellError('aws', new GrafosError('scheduler_unreachable', 'No answer.', { next: 'Ask its owner.' })),
      { text: /^No answer\. Ask its owner\.$/, actions: ['cells'] },
    ],
    [
      'a cell of a cloud without the advice for a local stack',
      asCellError('gcp', new GrafosError('scheduler_unreachable', 'No answer.', { next: 'Try: grafos dev up' })),
      { text: /^No answer\. Check the network, or ask who runs the cell\.$/, actions: ['cells'] },
    ],
    [
      'a local stack that does not answer',
      asCellError('local', new GrafosError('scheduler_unreachable', 'No answer.')),
      { text: /^No answer\.$/, actions: ['grafos.stack.doctor', 'grafos.stack.logs'] },
    ],
    [
      'a cloud without a cell, also where it was asked for',
      asCellError('gcp', new GrafosError('runtime_not_ready', 'No cell.', { next: 'grafos cloud adopt' })),
      { text: /^No cell\. grafos cloud adopt$/, actions: ['grafos.provider.addCell'] },
    ],
    [
      'a refusal of a cell',
      asCellError('azure', new GrafosError('quota_hard_limit_exceeded', 'Too many runs.')),
      { text: /^Too many runs\.$/, actions: [] },
    ],
    [
      'our own fault as ours',
      new TypeError('x is undefined'),
      { text: /fault of grafOS, not yours: x is undefined/, actions: ['grafos.stack.logs', 'grafos.diagnostics.copy'] },
    ],
  ];
  for (const [title, error, expected] of rows) {
    it(title, () => {
      const notice = errorNotice(error);
      assert.deepEqual(notice?.actions, expected?.actions);
      if (expected !== undefined) assert.match(notice?.text ?? '', expected.text);
    });
  }
});
