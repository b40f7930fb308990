import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { grafosJson } from '../../helpers/grafosCommand.ts';
import { languageClient } from '../../helpers/languageClient.ts';
import { cookbookCopy } from '../../helpers/programCopy.ts';

type Answer = {
  built?: { tasklet: string; output: string; sha256: string };
  error?: { kind: string; code: string; message: string; why: string | null };
};

const BUILD = 'grafos/build';

describe('grafos/build', () => {
  let program: Awaited<ReturnType<typeof cookbookCopy>>;
  let cwd = '';
  let client: Awaited<ReturnType<typeof languageClient>>;
  const source = () => join(cwd, 'tasklets/local-dev.ts');
  const build = (tasklet = 'local-dev') => client.request<Answer>(BUILD, { program: cwd, tasklet });

  before(async () => {
    program = await cookbookCopy('local-dev');
    cwd = program.path;
    client = await languageClient({ initializationOptions: { builds: true } });
  });

  after(async () => {
    await client[Symbol.asyncDispose]();
    await program[Symbol.asyncDispose]();
  });

  it('gives the bytes of the command, module and map, for AssemblyScript', async () => {
    const { built } = await build();
    const warm = await outputs(cwd, 'local-dev');
    await rm(join(cwd, 'build'), { recursive: true });
    await grafosJson(['tasklet', 'build'], { cwd });
    assert.deepEqual(await outputs(cwd, 'local-dev'), warm);
    assert.equal(built?.output, join(cwd, 'build/local-dev.wasm'));
  });

  it('builds what is on disk, and never what is open and not saved', async () => {
    const text = await readFile(source(), 'utf8');
    const before = (await build()).built?.sha256;
    client.open(source(), text.replace('compute', 'computer'));
    assert.equal((await build()).built?.sha256, before);
    const changed = `${text}\nexport function more(): i32 { return 41; }\n`;
    await writeFile(source(), changed);
    const after = (await build()).built?.sha256;
    assert.notEqual(after, before);
    await rm(join(cwd, 'build'), { recursive: true });
    const [command] = await grafosJson<Array<{ sha256: string }>>(['tasklet', 'build'], { cwd });
    assert.equal(command?.sha256, after);
    await writeFile(source(), text);
  });

  it('builds the saved text, and what something else wrote after the save', async () => {
    const text = await readFile(source(), 'utf8');
    const save = async (changed: string) => {
      await writeFile(source(), changed);
      client.save(source());
    };
    const sha256 = async () => (await build()).built?.sha256;
    await save(`${text}\nexport function saved(): i32 { return 1; }\n`);
    const saved = await sha256();
    const behind = `${text}\nexport function behind(): i32 { return 3; }\n`;
    await save(`${text}\nexport function again(): i32 { return 2; }\n`);
    await writeFile(source(), behind);
    const last = await sha256();
    await writeFile(source(), `${text}\nexport function saved(): i32 { return 1; }\n`);
    assert.equal(await sha256(), saved);
    await writeFile(source(), behind);
    await rm(join(cwd, 'build'), { recursive: true });
    const [command] = await grafosJson<Array<{ sha256: string }>>(['tasklet', 'build'], { cwd });
    assert.equal(command?.sha256, last);
    assert.notEqual(last, saved);
    await save(text);
  });

  it('reports an error as the command does, and leaves the older module', async () => {
    const text = await readFile(source(), 'utf8');
    const before = await build();
    await writeFile(source(), `${text}\nlet wrong: i32 = "text";\n`);
    const { error } = await build();
    assert.deepEqual([error?.kind, error?.code], ['bad-answer', 'build_failed']);
    assert.match(error?.why ?? '', /local-dev\.ts:\d+:\d+: TS2322/);
    await writeFile(source(), text);
    assert.equal((await build()).built?.sha256, before.built?.sha256);
  });

  it('names a tasklet that is not there', async () => {
    assert.equal((await build('nobody')).error?.code, 'tasklet_unknown');
  });

  it('is refused to a client that did not ask for builds', async () => {
    await using other = await languageClient();
    await assert.rejects(other.request(BUILD, { program: cwd, tasklet: 'local-dev' }), /not asked for/);
  });
});

async function outputs(cwd: string, name: string): Promise<Buffer[]> {
  const module = join(cwd, `build/${name}.wasm`);
  return [await readFile(module), await readFile(`${module}.map`)];
}
