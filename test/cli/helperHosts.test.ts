import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { promisify } from 'node:util';
import type { DevState } from '../../daemons/wire/devState.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { grafosOnPath } from '../helpers/grafosOnPath.ts';
import { pageBlocks } from '../helpers/pageBlocks.ts';
import { programOf } from '../helpers/programCopy.ts';
import { watProgram } from '../helpers/watTasklets.ts';

const run = promisify(execFile);

interface Asked {
  path?: string;
  host?: string;
  origin?: string;
  bearer?: string;
  json?: unknown;
}

function ask(
  url: string,
  { path = '/', host, origin, bearer, json }: Asked,
): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method: json === undefined ? 'GET' : 'POST' }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asked.once('error', reject);
    if (host !== undefined) asked.setHeader('host', host);
    if (origin !== undefined) asked.setHeader('origin', origin);
    if (bearer !== undefined) asked.setHeader('authorization', `Bearer ${bearer}`);
    if (json !== undefined) asked.setHeader('content-type', 'application/json');
    asked.end(json === undefined ? undefined : JSON.stringify(json));
  });
}

describe('the helper behind a forwarded port', () => {
  it('answers to the names that dev up allowed, exactly, and to no other', async () => {
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    const names = ['localhost:12345', 'Name-40000.app.example.dev'];
    const { helper } = await grafosJson<DevState>(['dev', 'up', ...names.flatMap((name) => ['--helper-host', name])], {
      cwd,
    });
    const statusOf = async (host: string) => (await ask(helper.url, { host })).status;
    assert.equal(await statusOf('localhost:12345'), 200);
    assert.equal(await statusOf('name-40000.app.example.dev'), 200);
    assert.equal(await statusOf(new URL(helper.url).host), 200);
    for (const other of [
      'localhost:12346',
      'app.example.dev',
      'x.name-40000.app.example.dev',
      'name-40000.app.example.dev:80',
      'name-40000.app.example.dev.',
      'evil.example',
    ]) {
      const refused = await ask(helper.url, { host: other });
      assert.equal(refused.status, 421, other);
      assert.match(refused.body, /--helper-host/);
    }
    // Its pages may use it, with the bearer; those of others may not.
    const { bearer } = await grafosJson<{ bearer: string }>(['dev', 'status', '--bearer'], { cwd });
    const [host, path] = ['name-40000.app.example.dev', '/v1/tasklets'];
    assert.equal((await ask(helper.url, { host, path, bearer, origin: `https://${host}` })).status, 200);
    assert.equal((await ask(helper.url, { host, path, origin: `https://${host}` })).status, 401);
    assert.equal((await ask(helper.url, { host, path, bearer, origin: 'https://evil.example' })).status, 403);
  });

  it('takes one more name from whoever has the bearer, and from no page', async () => {
    await using program = await programOf(watProgram('hello'));
    const cwd = program.path;
    const { helper } = await grafosJson<DevState>(['dev', 'up'], { cwd });
    const { bearer } = await grafosJson<{ bearer: string }>(['dev', 'status', '--bearer'], { cwd });
    const host = 'forwarded.example.dev:8443';
    const path = '/v1/hosts';
    const json = { host };
    assert.equal((await ask(helper.url, { host })).status, 421);
    assert.equal((await ask(helper.url, { path, json })).status, 401);
    assert.equal((await ask(helper.url, { path, json, bearer: 'wrong' })).status, 401);
    assert.equal((await ask(helper.url, { path, json, bearer, origin: helper.url })).status, 403);
    for (const wrong of ['*', '*.example.dev', 'https://example.dev', 'a b', '', 'Upper.example', 'x'.repeat(300), 7])
      assert.equal((await ask(helper.url, { path, bearer, json: { host: wrong } })).status, 400, String(wrong));
    const allowed = await ask(helper.url, { path, json, bearer });
    assert.equal(allowed.status, 200);
    assert.ok(JSON.parse(allowed.body).hosts.includes(host));
    assert.equal((await ask(helper.url, { host })).status, 200);
    const again = await ask(helper.url, { host, path, bearer, json: { host: 'second.example.dev' } });
    assert.equal(again.status, 403, 'an allowed name allows no other');
    for (let i = 0; i < 70; i += 1) await ask(helper.url, { path, bearer, json: { host: `n${i}.example.dev` } });
    assert.equal((await ask(helper.url, { host: 'n69.example.dev' })).status, 421, 'names are bounded');
  });

  it('is named wrongly: wrong usage, and nothing starts', async () => {
    await using program = await programOf(watProgram('hello'));
    for (const wrong of ['*', 'https://x.example', 'x/y', '']) {
      const ended = await grafos(['dev', 'up', '--helper-host', wrong], { cwd: program.path });
      assert.equal(ended.code, 2, `${wrong}: ${ended.stderr}`);
    }
  });
});

describe('docs/reference/helper.md', () => {
  it('has a curl block that works as it is', async function () {
    if (process.platform === 'win32') this.skip();
    await using program = await programOf(watProgram('hello'));
    await using command = await grafosOnPath();
    await grafosJson(['dev', 'up'], { cwd: program.path });
    const block = (await pageBlocks('reference/helper.md')).find(({ text }) => text.startsWith('access='))?.text ?? '';
    const { stdout } = await run('bash', ['-euc', block], { cwd: program.path, env: command.env });
    assert.deepEqual(
      JSON.parse(stdout).tasklets.map(({ name }: { name: string }) => name),
      ['hello'],
    );
  });
});
