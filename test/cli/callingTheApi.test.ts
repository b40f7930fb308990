import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunResponse } from '../../daemons/wire/tenantApi.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { type GrafosOnPath, grafosOnPath } from '../helpers/grafosOnPath.ts';
import { pageBlocks } from '../helpers/pageBlocks.ts';
import { type ProgramCopy, programOf } from '../helpers/programCopy.ts';
import { watProgram } from '../helpers/watTasklets.ts';

const run = promisify(execFile);

describe('calling the API', () => {
  let program: ProgramCopy;
  let command: GrafosOnPath;
  let blocks: string[];
  let response: RunResponse;

  before(async function () {
    if (process.platform === 'win32') this.skip();
    program = await programOf(watProgram('hello'));
    command = await grafosOnPath();
    blocks = (await pageBlocks('guide/calling-the-api.md')).map(({ text }) => text);
    await grafosJson(['dev', 'up', '--tenant', 'other'], { cwd: program.path });
    await grafosJson(['tasklet', 'build'], { cwd: program.path });
    response = await grafosJson<RunResponse>(['deploy', 'run'], { cwd: program.path });
  });
  after(async () => {
    await program?.[Symbol.asyncDispose]();
    await command?.[Symbol.asyncDispose]();
  });

  async function shell(name: string, ...args: string[]): Promise<string> {
    return (await run(name, args, { cwd: program.path, env: command.env })).stdout;
  }

  it('every block of the page works as it is', async () => {
    const [api = '', put = '', curl = '', second = '', python = ''] = blocks;
    assert.equal(blocks.length, 5);
    const listed = await shell('bash', '-euc', api);
    assert.ok(listed.includes(response.run_id) && listed.includes('dev-tenant'), listed);
    assert.equal(JSON.parse(await shell('bash', '-euc', put)).module_sha256, response.module_sha256);
    assert.equal(JSON.parse(await shell('bash', '-euc', curl)).runs[0].run_id, response.run_id);
    assert.equal(await shell('python3', '-c', python), `${response.run_id} succeeded\n`);
    assert.match(await shell('bash', '-euc', `${curl.split('\n').slice(0, 2).join('\n')}\n${second}`), /^succeeded/);
  });

  it('grafos api gives bytes as they are, streams events, and fails as every command does', async () => {
    const cwd = program.path;
    const artifact = `/api/v1/runs/${response.run_id}/artifacts/output.b64`;
    assert.equal(Buffer.from((await grafos(['api', 'get', artifact], { cwd })).stdout, 'base64').toString(), '{}');
    await grafosJson(['api', 'GET', artifact, '--output', 'out.b64'], { cwd }).catch(() => {});
    assert.equal(Buffer.from(await readFile(join(cwd, 'out.b64'), 'latin1'), 'base64').toString(), '{}');
    const events = await grafos(['api', 'GET', `/api/v1/runs/${response.run_id}/events`], { cwd });
    assert.match(events.stdout, /^event: state\n/m);
    for (const [args, code, error] of [
      [['GET', '/api/v1/runs/nosuch'], 2, 'not_found'],
      [['GET', '/api/v1/admin/audit'], 4, 'role_required'],
      [['PATCH', '/api/v1/runs'], 2, 'wrong_usage'],
      [['GET', 'api/v1/runs'], 2, 'wrong_usage'],
      [['GET', '/a b\r\nx: y'], 2, 'wrong_usage'],
    ] as const) {
      const ended = await grafos(['api', ...args, '--json'], { cwd });
      assert.equal(ended.code, code, `${args}: ${ended.stdout}`);
      assert.equal(JSON.parse(ended.stdout).error.code, error);
    }
  });

  it('a token is for this cell and certificate, and another each time', async () => {
    const cwd = program.path;
    const [one, two] = [await grafosJson<Access>(['token'], { cwd }), await grafosJson<Access>(['token'], { cwd })];
    assert.notEqual(one.token, two.token);
    const claims = JSON.parse(Buffer.from(one.token.split('.')[1] ?? '', 'base64url').toString());
    assert.equal(claims.aud, one.cell_id);
    assert.equal(claims.sub, 'tenant/dev-tenant');
    const admin = await grafosJson<Access>(['token', '--admin'], { cwd });
    assert.match(JSON.parse(Buffer.from(admin.token.split('.')[1] ?? '', 'base64url').toString()).sub, /^admin\//);
    assert.equal((await grafos(['token'], { cwd })).stdout.trim().split('.').length, 3);
  });

  it('a second tenant has a quota of its own', async () => {
    const cwd = program.path;
    const { scheduler_url } = await grafosJson<{ scheduler_url: string }>(['token'], { cwd });
    const trust = join(cwd, '.grafos/dev/trust');
    const env = {
      ...{ GRAFOS_SCHEDULER: scheduler_url, GRAFOS_CA: join(trust, 'ca.pem') },
      ...{ GRAFOS_CERT: join(trust, 'tenants/other/cert.pem'), GRAFOS_KEY: join(trust, 'tenants/other/key.pem') },
    };
    const direct = ['deploy', 'run', '--direct', '--tenant', 'other'];
    assert.equal((await grafosJson<RunResponse>(direct, { cwd, env })).state, 'succeeded');
    await grafosJson(['admin', 'set-quota', 'other', '--mem', '0'], { cwd });
    const refused = await grafos([...direct, '--mem', '4KiB', '--json'], { cwd, env });
    assert.equal(refused.code, 4, refused.stdout);
    assert.equal((await grafos(['deploy', 'run', '--mem', '4KiB'], { cwd })).code, 0, 'the first has its own');
    const stranger = await grafos(['dev', 'up', '--tenant', 'dev-tenant'], { cwd });
    assert.equal(stranger.code, 2);
  });

  it('admin commands ask the local stack by its own trust', async () => {
    const tenants = await grafosJson<Array<{ name: string }>>(['admin', 'list-tenants'], { cwd: program.path });
    assert.deepEqual(tenants.map(({ name }) => name).sort(), ['dev-tenant', 'other']);
  });

  it('a request that does not fit is refused with a next step, a wrong method by its own code', async () => {
    const cwd = program.path;
    await writeFile(join(cwd, 'empty.json'), '{}');
    for (const [args, code, message] of [
      [['POST', '/api/v1/runs'], 'bad_request', /^body is missing\.$/],
      [['POST', '/api/v1/runs', '--input', 'empty.json'], 'bad_request', /^body/],
      [['POST', '/api/v1/runs', '--input', 'grafos.toml'], 'bad_request', /not JSON/],
      [['GET', '/api/v1/runs?limit=0'], 'bad_request', /^query\.limit must be at least 1\.$/],
      [['GET', '/api/v1/modules/xyz'], 'bad_request', /^params\.sha256 must match/],
      [['DELETE', '/api/v1/runs'], 'method_not_allowed', /^This address takes POST, GET only\.$/],
      [['POST', '/health'], 'method_not_allowed', /^This address takes GET only\.$/],
      [['HEAD', '/api/v1/runs'], 'method_not_allowed', /does not take this method/],
      [['GET', '/api/v1/nothing'], 'not_found', /no such address/],
    ] as const) {
      const { stdout } = await grafos(['api', ...args, '--json'], { cwd });
      const { error } = JSON.parse(stdout);
      assert.deepEqual([error.code, message.test(error.message)], [code, true], `${args}: ${stdout}`);
      assert.match(error.next ?? '', /\/api\/v1\/openapi\.json/, `${args}`);
    }
  });

  it('admin commands are refused in their own words, not in those of a body', async () => {
    const cwd = program.path;
    await grafosJson(['admin', 'init-ca', '--out', 'ca'], { cwd });
    const issue = ['--ca', 'ca/ca.pem', '--ca-key', 'ca/ca-key.pem', '--out', 'ca'];
    await grafosJson(['admin', 'issue-cert', 'stranger', ...issue], { cwd });
    for (const [args, message, next] of [
      [
        ['create-tenant', 'stranger', '--tenant-cert', 'ca/stranger.pem'],
        /^The certificate is not /,
        /dev up --tenant/,
      ],
      [['create-tenant', 'stranger', '--tenant-cert', 'grafos.toml'], /^The certificate is not one/, /\S/],
      [['set-quota', 'other', '--runs-soft', '9', '--runs-hard', '2'], /^runs_hard is below runs_soft/, /Raise/],
    ] as const) {
      const { code, stdout } = await grafos(['admin', ...args, '--json'], { cwd });
      const { error } = JSON.parse(stdout);
      assert.equal(code, 2, stdout);
      assert.match(error.message, message);
      assert.match(error.next, next);
      assert.doesNotMatch(stdout, /body\./);
    }
  });
});

interface Access {
  token: string;
  cell_id: string;
}
