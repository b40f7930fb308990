/**
 * The parts of TypeScript's server that the plugin uses. TypeScript 7 from npm does not declare
 * them.
 */

interface TypeScriptDiagnostic {
  /** Set where the code can be removed without a change of the program's behaviour. */
  reportsUnnecessary?: object;
}

export interface TypeScriptService {
  getSemanticDiagnostics(fileName: string): TypeScriptDiagnostic[];
  getSyntacticDiagnostics(fileName: string): TypeScriptDiagnostic[];
  getSuggestionDiagnostics(fileName: string): TypeScriptDiagnostic[];
  /** Absent while the server only parses. */
  getProgram(): { getSourceFiles(): ReadonlyArray<{ fileName: string; text: string }> } | undefined;
}

export interface ServiceHost {
  /** A text that changes with every change of a file of the project. */
  getProjectVersion?(): string;
  useCaseSensitiveFileNames?(): boolean;
}

export interface PluginInfo {
  languageService: TypeScriptService;
  languageServiceHost: ServiceHost;
}
