import { basename, dirname } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { decodeExactText, decodeText, NOT_TEXT } from '../../program/decodeText.ts';
import type { Tasklet } from '../../program/manifest.ts';
import type { ProgramFileKind } from '../../program/programLimits.ts';
import type { ProgramReader } from '../../program/programReader.ts';
import { readError } from '../../program/readError.ts';
import { formatSize } from '../../program/size.ts';
import type { BrokenFixture, Fixture } from './fixture.ts';
import { type FixtureFiles, listFixtures } from './listFixtures.ts';
import { readExpected } from './readExpected.ts';

/**
 * Loads the cases of a tasklet with their inputs and expectations, in order of name. A case that
 * cannot be read is given with its fault, and the others are loaded all the same.
 *
 * @param reader bounds what the cases of all tasklets that it reads take together
 * @param wanted names of the cases to load; all of them unless given
 * @throws {GrafosError} not_a_file, file_outside_program, program_too_large, all for the folder
 */
export async function loadFixtures(
  reader: ProgramReader,
  tasklet: Tasklet,
  wanted?: ReadonlySet<string>,
): Promise<Array<Fixture | BrokenFixture>> {
  const fixtures: Array<Fixture | BrokenFixture> = [];
  for (const files of await listFixtures(reader, tasklet)) {
    if (wanted?.has(files.name) === false) continue;
    try {
      fixtures.push(await loadFixture(reader, files));
    } catch (error) {
      if (!(error instanceof GrafosError)) throw error;
      fixtures.push({ name: files.name, expectedFile: files.expectedFile, fault: error });
    }
  }
  return fixtures;
}

async function loadFixture(reader: ProgramReader, { name, expectedFile, inputFiles }: FixtureFiles): Promise<Fixture> {
  const [inputFile, second] = inputFiles;
  if (inputFile === undefined || second !== undefined) {
    const why =
      inputFile === undefined || second === undefined
        ? `Neither ${name}.input.json nor ${name}.input.bin is there.`
        : `${basename(inputFile)} and ${basename(second)} are both there.`;
    throw invalid(
      `The case "${name}" has ${second === undefined ? 'no input' : 'two inputs'}.`,
      why,
      `Keep one of the two in ${dirname(expectedFile)}.`,
    );
  }
  const expected = readExpectedFile(name, expectedFile, await readPart(reader, name, expectedFile, 'fixtureExpected'));
  const input = await readPart(reader, name, inputFile, 'fixtureInput');
  return { name, inputFile, expectedFile, input: inputFile.endsWith('.json') ? asUtf8(input) : input, expected };
}

async function readPart(reader: ProgramReader, name: string, file: string, kind: ProgramFileKind): Promise<Buffer> {
  const read = await reader.readSoon(file, kind);
  if (read.state === 'ok') return read.bytes;
  if (read.state === 'too-large') {
    throw kind === 'fixtureInput'
      ? invalid(
          `The input of the case "${name}" is too large.`,
          `${file} has ${read.size} bytes; a run takes at most ${read.most}.`,
          'Use a smaller input.',
        )
      : invalid(
          `What the case "${name}" expects is too large.`,
          `${file} has ${formatSize(read.size)}; at most ${formatSize(read.most)} are compared as a text.`,
          'Expect the digest of the output: {"$sha256": "…", "$bytes": …}.',
        );
  }
  throw readError(read, file, `The case "${name}" cannot be read`);
}

/**
 * Turns JSON into UTF-8 without a byte order mark, for the run. Bytes that are no text stay as they
 * are.
 */
function asUtf8(bytes: Buffer): Buffer {
  const text = decodeExactText(bytes);
  return text === null ? bytes : Buffer.from(text);
}

function readExpectedFile(name: string, file: string, bytes: Buffer): Fixture['expected'] {
  try {
    const text = decodeText(bytes);
    if (text === null) throw new Error(NOT_TEXT);
    return readExpected(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw invalid(`What the case "${name}" expects cannot be read.`, `${file}: ${why}.`, 'Correct the file.');
  }
}

function invalid(what: string, why: string, next: string): GrafosError {
  return new GrafosError('fixture_invalid', what, { why, next });
}
