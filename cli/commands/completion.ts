import { choice } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { completionScript, SHELLS } from '../completionScript.ts';

export async function run({ out }: CommandContext, given: { shell: string }): Promise<void> {
  const shell = choice('<shell>', given.shell, SHELLS);
  const script = completionScript(shell);
  out.result({ shell, script }, () => script.trimEnd().split('\n'));
}
