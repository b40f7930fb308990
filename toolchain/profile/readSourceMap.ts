import { SourceMap, type SourceMapPayload } from 'node:module';
import type { LinesLeftOut } from '../../daemons/wire/place.ts';
import { PROGRAM_LIMITS } from '../../program/programLimits.ts';

export interface ReadSourceMap {
  map: SourceMap;
  /** The texts that the map carries, by the name of their file. */
  texts: ReadonlyMap<string, string>;
}

/** Reads a source map as {@link lookAtSourceMap} does, where the reason does not matter. */
export function readSourceMap(text: string): ReadSourceMap | null {
  return lookAtSourceMap(text).map;
}

/**
 * Reads the text of a source map of revision 3. There is no map where the text is none. A map whose
 * mappings are longer than PROGRAM_LIMITS.mappings is left out, with the reason: a map comes with
 * the program, and anybody may have made it.
 */
export function lookAtSourceMap(text: string): { map: ReadSourceMap | null; leftOut: LinesLeftOut | null } {
  const nothing = { map: null, leftOut: null };
  try {
    const json: Partial<SourceMapPayload> | null = JSON.parse(text);
    // Binaryen writes one list of mappings; a map of sections has none.
    if (json === null || typeof json.mappings !== 'string' || !isTexts(json.sources)) return nothing;
    const { length } = json.mappings;
    // Each character may become a mapping of 100 bytes.
    if (length > PROGRAM_LIMITS.mappings)
      return { map: null, leftOut: leftOut(`has ${length} characters of mappings`, PROGRAM_LIMITS.mappings) };
    const { sources, sourcesContent } = json;
    const contents: unknown[] = Array.isArray(sourcesContent) ? sourcesContent : [];
    const texts = new Map<string, string>();
    sources.forEach((source, index) => {
      const content = contents[index];
      if (typeof content === 'string' && !texts.has(source)) texts.set(source, content);
    });
    const payload = { file: '', version: 3, sources, names: [], mappings: json.mappings, sourceRoot: '' };
    return { map: { map: new SourceMap({ ...payload, sourcesContent: [] }), texts }, leftOut: null };
  } catch {
    return nothing;
  }
}

/** The reason for a source map whose file is too large to be read at all. */
export function mapFileLeftOut(bytes: number): LinesLeftOut {
  return leftOut(`has ${bytes} bytes`, PROGRAM_LIMITS.sourceMap);
}

function leftOut(has: string, most: number): LinesLeftOut {
  return {
    code: 'source_map_too_large',
    message: `The source map ${has}, and at most ${most} are read, so no lines are known.`,
    next: 'The functions are known all the same. For lines, divide the tasklet into smaller ones.',
  };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
