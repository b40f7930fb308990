/** The parts of TypeScript's server that the plugin touches; the npm package of version 7 declares none of them. */

export interface TypeScriptDiagnostic {
  /** Set where the code can go without any change of what the program does. */
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
  /** Another text with every change of a file of the project. */
  getProjectVersion?(): string;
  useCaseSensitiveFileNames?(): boolean;
}

export interface PluginInfo {
  languageService: TypeScriptService;
  languageServiceHost: ServiceHost;
}
