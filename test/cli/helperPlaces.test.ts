import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HelperPlaces, HelperRun } from '../../daemons/wire/helperApi.ts';
import { complaintsOf, launchChromium } from '../helpers/chromium.ts';
import { grafosJson } from '../helpers/grafosCommand.ts';
import { noProcessNames } from '../helpers/processesNaming.ts';
import { cookbookCopy } from '../helpers/programCopy.ts';

const SOURCE = `function part(count: i32): i32 {
  return 100 / (count - 1);
}

export function compute(input: string): string {
  return part(input.length).toString();
}
`;

describe('a failed run in the dashboard', () => {
  let program: Awaited<ReturnType<typeof cookbookCopy>>;
  let url = '';
  let bearer = '';

  before(async () => {
    program = await cookbookCopy('local-dev');
    await writeFile(join(program.path, 'tasklets/local-dev.ts'), SOURCE);
    await grafosJson(['tasklet', 'build'], { cwd: program.path });
    await grafosJson(['dev', 'up'], { cwd: program.path });
    const access = await grafosJson<{ url: string; bearer: string }>(['dev', 'status', '--bearer'], {
      cwd: program.path,
    });
    ({ url, bearer } = access);
  });
  after(async () => {
    await program[Symbol.asyncDispose]();
    await noProcessNames(program.path);
  });

  const ask = async <T>(path: string, body?: unknown): Promise<T> => {
    const answer = await fetch(`${url}${path}`, {
      headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    assert.ok(answer.ok, `${answer.status} ${await answer.clone().text()}`);
    return (await answer.json()) as T;
  };

  it('has the file, line and function of the program, and no number of a function', async () => {
    const run = await ask<HelperRun>('/v1/runs', { tasklet: 'local-dev', input: { text: 'x' } });
    assert.equal(run.state, 'failed');
    const { places } = await ask<HelperPlaces>(`/v1/runs/${run.run_id}/places`);
    const [first] = places;
    assert.deepEqual(
      [first?.function, first?.file, first?.line, first?.excerpt, first?.own],
      ['part', 'tasklets/local-dev.ts', 2, 'return 100 / (count - 1);', true],
    );
  });

  it('is told so on the page', async function () {
    await using browser = await launchChromium();
    if (browser === undefined) return this.skip();
    const page = await (await browser.newContext()).newPage();
    const complaints = await complaintsOf(page);
    await page.goto(url);
    await page.getByLabel('Bearer').fill(bearer);
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.locator('#runs tr', { hasText: 'local-dev' }).first().click();
    const shown = page.locator('#detail-places li');
    await shown.filter({ hasText: 'tasklets/local-dev.ts:2' }).filter({ hasText: 'part' }).first().waitFor();
    assert.doesNotMatch((await page.locator('#detail-error').textContent()) ?? '', /function \d|byte \d/);
    assert.deepEqual(complaints, []);
  });

  it('has no places where it succeeded, and those of an unknown run are not found', async () => {
    await writeFile(join(program.path, 'tasklets/local-dev.ts'), SOURCE.replace('count - 1', 'count + 1'));
    await grafosJson(['tasklet', 'build'], { cwd: program.path });
    const run = await ask<HelperRun>('/v1/runs', { tasklet: 'local-dev', input: { text: 'x' } });
    assert.equal(run.state, 'succeeded');
    assert.deepEqual(await ask<HelperPlaces>(`/v1/runs/${run.run_id}/places`), { places: [] });
    const answer = await fetch(`${url}/v1/runs/none/places`, { headers: { Authorization: `Bearer ${bearer}` } });
    assert.equal(answer.status, 404);
  });
});
