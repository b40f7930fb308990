import { SourceMap, type SourceMapPayload } from 'node:module';

export interface ReadSourceMap {
  map: SourceMap;
  /** The texts that the map carries, by the name of their file. */
  texts: ReadonlyMap<string, string>;
}

/**
 * Reads the text of a source map of revision 3. Null where it is none: a map comes with the
 * program, and anybody may have made it.
 */
export function readSourceMap(text: string): ReadSourceMap | null {
  try {
    const json: Partial<SourceMapPayload> | null = JSON.parse(text);
    // Binaryen writes one list of mappings; a map of sections has none.
    if (json === null || typeof json.mappings !== 'string' || !isTexts(json.sources)) return null;
    const { sources, sourcesContent } = json;
    const contents: unknown[] = Array.isArray(sourcesContent) ? sourcesContent : [];
    const texts = new Map<string, string>();
    sources.forEach((source, index) => {
      const content = contents[index];
      if (typeof content === 'string' && !texts.has(source)) texts.set(source, content);
    });
    const payload = { file: '', version: 3, sources, names: [], mappings: json.mappings, sourceRoot: '' };
    return { map: new SourceMap({ ...payload, sourcesContent: [] }), texts };
  } catch {
    return null;
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
