import type { TypeScriptService } from './serverTypes.ts';

/**
 * A TypeScript service without diagnostics for tasklet files. Completions, hovers and all else come
 * from the service. A tasklet file keeps the hints on unused code, which are true in both
 * languages.
 */
export function createQuietService(
  service: TypeScriptService,
  isTasklet: (fileName: string) => boolean,
): TypeScriptService {
  const quiet: Partial<TypeScriptService> = {
    getSemanticDiagnostics: (fileName) => (isTasklet(fileName) ? [] : service.getSemanticDiagnostics(fileName)),
    getSyntacticDiagnostics: (fileName) => (isTasklet(fileName) ? [] : service.getSyntacticDiagnostics(fileName)),
    getSuggestionDiagnostics: (fileName) => {
      const all = service.getSuggestionDiagnostics(fileName);
      return isTasklet(fileName) ? all.filter(({ reportsUnnecessary }) => reportsUnnecessary !== undefined) : all;
    },
  };
  return new Proxy(service, {
    get: (target, key) => (key in quiet ? Reflect.get(quiet, key) : Reflect.get(target, key)),
  });
}
