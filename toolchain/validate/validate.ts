import { join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { GrafosError } from '../../base/grafosError.ts';
import { meantQuestion } from '../../program/didYouMean.ts';
import { findProgram, MANIFEST_NAME, type Program } from '../../program/loadProgram.ts';
import { type ParsedManifest, parseManifest, type Tasklet } from '../../program/manifest.ts';
import { PROGRAM_LIMITS } from '../../program/programLimits.ts';
import { formatSize } from '../../program/size.ts';
import { checkFixtures } from './checkFixtures.ts';
import { manifestFindings } from './checkManifest.ts';
import { checkCells, checkProvider, localPool } from './checkProvider.ts';
import { checkTasklet } from './checkTasklet.ts';
import { FILE_START, type Finding, finding, uniqueFindings } from './finding.ts';
import { createProgramFiles, type ProgramFiles } from './programFiles.ts';
import { readFinding } from './readFinding.ts';
import { createTaskletContext } from './taskletContext.ts';

export interface ValidateOptions {
  /** Texts that stand in for files, by absolute path: what an editor has not saved yet. */
  overlay?: ReadonlyMap<string, string>;
  /** Only this tasklet, and the manifest as far as it concerns it. */
  tasklet?: string;
  signal?: AbortSignal;
  /** Names of tasklets that are not checked. */
  skip?: ReadonlySet<string>;
  /** Called before each tasklet is checked, with all that was found so far. */
  onTasklet?(tasklet: Tasklet, found: readonly Finding[]): void;
}

/**
 * Finds every fault of a program that can be found without running it, in a stable order.
 *
 * It reads the disk and nothing else: never the network, never a write. A compiler is loaded only
 * for a tasklet whose module is absent or stale, or whose source has an unsaved text.
 *
 * @param programOrFolder the program, or a folder in it
 * @throws {GrafosError} tasklet_unknown
 * @throws the signal's reason
 */
export async function validate(programOrFolder: Program | string, options: ValidateOptions = {}): Promise<Finding[]> {
  const { overlay, signal } = options;
  signal?.throwIfAborted();
  const root = rootOf(programOrFolder, overlay);
  const files = createProgramFiles(root, overlay);
  const manifestPath = join(root, MANIFEST_NAME);
  const text = readManifestText(manifestPath, files);
  if (typeof text !== 'string') return [text];

  const parsed = parseManifest(text);
  const { lines, problems, tasklets } = parsed;
  if (options.tasklet !== undefined && !tasklets.some(({ name }) => name === options.tasklet)) {
    throw unknownTasklet(parsed, manifestPath, options.tasklet);
  }
  const findings = manifestFindings(parsed, manifestPath, options.tasklet);
  // With the text unreadable from some line on, what it says of its tasklets cannot be relied on.
  const readable = !problems.some(({ kind }) => kind === 'toml-syntax' || kind === 'duplicate-key');
  const pool = localPool(root);
  const usable = tasklets.flatMap(({ tasklet }) => tasklet ?? []);
  const program: Program = {
    root,
    manifestPath,
    manifest: parsed.manifest ?? { name: '', version: '', tasklets: usable },
  };
  for (const one of tasklets) {
    const { tasklet } = one;
    if (!readable || tasklet === null || options.skip?.has(tasklet.name)) continue;
    if (options.tasklet !== undefined && one.name !== options.tasklet) continue;
    options.onTasklet?.(tasklet, findings);
    // What is read is bounded for each tasklet: a program may have many.
    const own = createProgramFiles(root, overlay);
    const context = createTaskletContext({ root, manifestPath, lines, files: own, findings }, one, tasklet);
    const module = await checkTasklet(context, program, { overlay, signal });
    checkProvider(context, pool, module);
    checkFixtures(context);
    if (signal !== undefined) {
      // Checks do not wait for anything: without a turn of the loop nobody could abort.
      await nextTurn();
      signal.throwIfAborted();
    }
  }
  findings.push(...checkCells(root, files));
  return uniqueFindings(findings);
}

function rootOf(programOrFolder: Program | string, overlay: ValidateOptions['overlay']): string {
  if (typeof programOrFolder !== 'string') return programOrFolder.root;
  const folder = resolve(programOrFolder);
  return overlay?.has(join(folder, MANIFEST_NAME)) ? folder : (findProgram(folder) ?? folder);
}

/** The text, or the finding that says why there is none. */
function readManifestText(path: string, files: ProgramFiles): string | Finding {
  const read = files.text(path, 'manifest');
  switch (read.state) {
    case 'ok':
      return read.text;
    case 'missing':
      return finding(
        'GRF1001',
        path,
        FILE_START,
        `There is no ${MANIFEST_NAME} here or in a folder above. It says what the tasklets are and what they may use. Go to the folder of a program, or make one with \`grafos new\`.`,
      );
    case 'outside':
    case 'too-much':
      return readFinding(read, MANIFEST_NAME, path, FILE_START);
    case 'not-text':
      return finding(
        'GRF1002',
        path,
        FILE_START,
        `${MANIFEST_NAME} is neither UTF-8 nor UTF-16 text. Save it as UTF-8.`,
      );
    case 'not-a-file':
      return finding('GRF1002', path, FILE_START, `${MANIFEST_NAME} is not a file. Remove or rename it.`);
    case 'too-large':
      return finding(
        'GRF1002',
        path,
        FILE_START,
        `${MANIFEST_NAME} is larger than ${formatSize(PROGRAM_LIMITS.manifest)}, and a manifest is a few lines. Check which file this is.`,
      );
    case 'unreadable':
      return finding(
        'GRF1002',
        path,
        FILE_START,
        `${MANIFEST_NAME} cannot be read: ${read.why}. Check its permissions.`,
      );
  }
}

function unknownTasklet({ tasklets }: ParsedManifest, manifestPath: string, name: string): GrafosError {
  const names = tasklets.flatMap((one) => one.name ?? []);
  return new GrafosError('tasklet_unknown', `${manifestPath} has no tasklet "${name}".`, {
    next:
      names.length === 0
        ? 'Add a [[tasklet]] to grafos.toml.'
        : `${meantQuestion(name, names)}Its tasklets are: ${names.join(', ')}.`,
  });
}
