import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OUTSIDE_ERRORS, type RunErrorCode } from '../../../../daemons/wire/runError.ts';
import type { Run, RunState } from '../../../../daemons/wire/tenantApi.ts';
import { isRepeatable } from '../../../../extension/runs/isRepeatable.ts';
import { runContext } from '../../../../extension/runs/runContext.ts';

const { contributes } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../../package.json'), 'utf8'));
const rows: Array<{ command: string; when: string }> = contributes.menus['view/item/context'];

/** The commands that the menu of a run offers. */
function offered(run: Run): Set<string> {
  const context = runContext(run);
  const found = rows.flatMap(({ command, when }) => {
    const [, pattern] = /^view == grafos\.runs && viewItem =~ \/(.+)\/$/.exec(when) ?? [];
    return pattern !== undefined && new RegExp(pattern).test(context) ? [command] : [];
  });
  return new Set(found);
}

function run(state: RunState, code?: RunErrorCode): Run {
  const hasEnded = ['succeeded', 'failed', 'cancelled'].includes(state);
  const error = code === undefined ? null : { code, message: code };
  return { state, response: hasEnded ? { error } : null } as unknown as Run;
}

const REPEATS = ['grafos.run.reproduce', 'grafos.run.profile', 'grafos.run.saveFixture', 'grafos.run.acceptOutput'];

describe('the menu of a run', () => {
  const cases = [
    run('succeeded'),
    run('failed', 'trap_unreachable'),
    run('failed', 'fuel_exhausted'),
    run('cancelled', 'cancelled'),
    run('admitted'),
    run('placed'),
    run('running'),
    ...[...OUTSIDE_ERRORS].map((code) => run('failed', code)),
  ];
  for (const one of cases) {
    const title = [one.state, one.response?.error?.code].filter(Boolean).join(', ');
    it(`offers profile and replay where the run can be repeated: ${title}`, () => {
      const commands = offered(one);
      for (const command of REPEATS) assert.equal(commands.has(command), isRepeatable(one), command);
      const hasEnded = one.response !== null;
      for (const command of ['grafos.run.again', 'grafos.run.with', 'grafos.run.saveFile'])
        assert.equal(commands.has(command), hasEnded, command);
      assert.equal(commands.has('grafos.run.cancel'), !hasEnded);
      assert.ok(commands.has('grafos.run.open'));
    });
  }
});
