import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { LANGUAGE_MODEL_TOOLS } from '../../../extension/ids.ts';

async function answerOf(name: string, input: object): Promise<Record<string, unknown>> {
  const { content } = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
  const [part] = content;
  assert.ok(part instanceof vscode.LanguageModelTextPart);
  return JSON.parse(part.value);
}

describe('language-model tools', () => {
  it('are known to the editor', () => {
    const known = vscode.lm.tools.map(({ name }) => name);
    for (const name of LANGUAGE_MODEL_TOOLS) assert.ok(known.includes(name), `${name} in ${known.join(', ')}`);
  });

  it('tell of the stack and of findings', async () => {
    assert.equal((await answerOf('grafos_stack_status', {})).state, 'stopped');
    const { findings } = (await answerOf('grafos_validate', {})) as { findings: Array<{ code: string }> };
    // Nobody has built it in this copy of the program.
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['GRF3001'],
    );
  });

  it('say what is wrong instead of answering', async () => {
    await assert.rejects(answerOf('grafos_list_runs', {}), /runtime_not_ready|does not run/);
  });
});
