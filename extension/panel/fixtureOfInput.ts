/**
 * The name of the tasklet's fixture with this input; undefined where there is none or they cannot
 * be read.
 */
export async function fixtureOfInput(root: string, tasklet: string, input: Uint8Array): Promise<string | undefined> {
  try {
    const { findTasklet, loadProgramSoon } = await import('../../program/loadProgram.ts');
    const { ProgramReader } = await import('../../program/programReader.ts');
    const { loadFixtures } = await import('../../toolchain/cases/loadFixtures.ts');
    const program = await loadProgramSoon(root);
    const fixtures = await loadFixtures(new ProgramReader(program.root), findTasklet(program, tasklet));
    return fixtures.find((fixture) => 'input' in fixture && Buffer.compare(fixture.input, input) === 0)?.name;
  } catch {
    // The program may have changed since the run; `validate` names its faults.
    return undefined;
  }
}
