import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type EditorForTests, editorForTests } from './editorForTests.ts';

/** A tasklet with lines of its own that use fuel. */
const SOURCE = `export function compute(input: Uint8Array): string {
  let sum = 0;
  for (let i = 0; i < 1000; i++) sum += i % 7;
  return \`{"ran_in":"local-dev","input_bytes":\${input.length},"sum":\${sum}}\`;
}
`;

/** An editor for a built program whose tasklet is {@link SOURCE}. The compiler is not looked at. */
export async function countingProgram(): Promise<EditorForTests> {
  const editor = await editorForTests({ recipe: 'local-dev' });
  await writeFile(join(editor.root, 'tasklets/local-dev.ts'), SOURCE);
  const grafos = join(import.meta.dirname, '../../../bin/grafos.cjs');
  await promisify(execFile)(process.execPath, [grafos, 'tasklet', 'build'], { cwd: editor.root });
  return editor;
}
