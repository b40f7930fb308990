import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileWat } from '../../helpers/compileWat.ts';
import { generateProgram } from '../../helpers/generateProgram.ts';
import { instantiateMetered } from '../../helpers/runMetered.ts';
import { temporaryFolder } from '../../helpers/temporaryFolder.ts';
import { missingForTrace, traceable, tracedInstructions } from '../../helpers/tracedInstructions.ts';

const PROGRAMS = 80;
/** The trace has a line for each instruction. */
const FUEL_MAX = 20_000;

describe('fuel, with wabt as the judge', () => {
  const title = 'is the number of instructions its interpreter traces';
  const missing = missingForTrace();
  if (missing !== undefined) {
    it.skip(`${title} (skipped: ${missing})`);
    return;
  }
  it(title, async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'program.wasm');
    const ends = { returned: 0, trapped: 0 };
    let instructions = 0;
    for (let seed = 1; seed <= PROGRAMS; seed++) {
      const wat = traceable(generateProgram(tape(seed)));
      const bytes = compileWat(wat);
      const instance = instantiateMetered(bytes, { h: { host: () => 0 } });
      const metered = instance.call('run', [], FUEL_MAX);
      // How deep calls may go is wabt's own affair there.
      if (metered.exhausted || metered.tooDeep) continue;
      writeFileSync(file, bytes);
      const traced = tracedInstructions(file);
      assert.deepEqual(
        [metered.fuelUsed, metered.trap !== undefined],
        [traced.executed, traced.trapped],
        `program ${seed}:\n${wat}`,
      );
      ends[traced.trapped ? 'trapped' : 'returned']++;
      instructions += traced.executed;
    }
    assert.ok(ends.returned > PROGRAMS / 4 && ends.trapped > PROGRAMS / 10, JSON.stringify(ends));
    assert.ok(instructions > 20 * PROGRAMS, `only ${instructions} instructions were executed`);
  });
});

function tape(seed: number): number[] {
  let state = seed * 2_654_435_761;
  return Array.from({ length: 60 + 4 * seed }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  });
}
