/** Every id the manifest and the code must agree on. A contract test compares them. */

export const COMMANDS = {
  stackStart: 'grafos.stack.start',
  stackStop: 'grafos.stack.stop',
  stackRestart: 'grafos.stack.restart',
  stackDoctor: 'grafos.stack.doctor',
  stackLogs: 'grafos.stack.logs',
  stackDashboard: 'grafos.stack.dashboard',
  stackCopyBearer: 'grafos.stack.copyBearer',
  taskletBuild: 'grafos.tasklet.build',
  taskletBuildAll: 'grafos.tasklet.buildAll',
  taskletValidate: 'grafos.tasklet.validate',
  taskletRun: 'grafos.tasklet.run',
  taskletDeploy: 'grafos.tasklet.deploy',
  taskletNew: 'grafos.tasklet.new',
  programNew: 'grafos.program.new',
  recipeOpen: 'grafos.recipe.open',
  guideOpen: 'grafos.guide.open',
  runArtifacts: 'grafos.run.artifacts',
  runDownload: 'grafos.run.download',
  runReproduce: 'grafos.run.reproduce',
  runProfile: 'grafos.run.profile',
  runCancel: 'grafos.run.cancel',
  runOpen: 'grafos.run.open',
  runOpenFile: 'grafos.run.openFile',
  runSaveFile: 'grafos.run.saveFile',
  runAgain: 'grafos.run.again',
  runWith: 'grafos.run.with',
  runSaveFixture: 'grafos.run.saveFixture',
  runAcceptOutput: 'grafos.run.acceptOutput',
  fixtureAccept: 'grafos.fixture.accept',
  fixtureShowRun: 'grafos.fixture.showRun',
  runsFilter: 'grafos.runs.filter',
  runsGroup: 'grafos.runs.group',
  runsMore: 'grafos.runs.more',
  languageRestart: 'grafos.language.restart',
  providerAddCell: 'grafos.provider.addCell',
  providerRemoveCell: 'grafos.provider.removeCell',
  cellCreate: 'grafos.cell.create',
  cellDestroy: 'grafos.cell.destroy',
  cellRenew: 'grafos.cell.renew',
  cellLog: 'grafos.cell.log',
  diagnosticsCopy: 'grafos.diagnostics.copy',
} as const;

export type CommandId = (typeof COMMANDS)[keyof typeof COMMANDS];

/** The container in the activity bar. */
export const VIEW_CONTAINER = 'grafos';
/** The container beside the terminal. */
export const PANEL_CONTAINER = 'grafosRun';

export const VIEWS = {
  stack: 'grafos.stack',
  tasklets: 'grafos.tasklets',
  cells: 'grafos.cells',
  runs: 'grafos.runs',
  run: 'grafos.run',
} as const;

export const CONTEXT_KEYS = {
  stackState: 'grafos.stackState',
  searched: 'grafos.searched',
  programFound: 'grafos.programFound',
  taskletFound: 'grafos.taskletFound',
  runFound: 'grafos.runFound',
} as const;

export const SETTINGS = {
  memCapacity: 'grafos.stack.memCapacity',
  keepRunning: 'grafos.stack.keepRunning',
  confirmCloud: 'grafos.deploy.confirmCloud',
  validateOnType: 'grafos.validate.onType',
  codeLens: 'grafos.codeLens',
  profileInSource: 'grafos.profile.inSource',
  traceServer: 'grafos.trace.server',
  mcpEnabled: 'grafos.mcp.enabled',
} as const;

/**
 * Edges of source lines by their part of a profile's fuel, each with the least part that it marks.
 */
export const FUEL_COLORS = [
  { color: 'grafos.fuel.little', from: 0.005 },
  { color: 'grafos.fuel.some', from: 0.03 },
  { color: 'grafos.fuel.much', from: 0.1 },
  { color: 'grafos.fuel.most', from: 0.25 },
] as const;

/** Task type of package.json's taskDefinitions and the problem matchers' owner. */
export const TASK_TYPE = 'grafos';

/** The commands of tasks. */
export const TASK_COMMANDS = ['build', 'validate', 'test', 'run', 'deploy', 'watch'] as const;

/** Id of the Test Explorer controller. */
export const TEST_CONTROLLER = 'grafos.fixtures';

/** The ending of a file that holds a run. */
export const RUN_FILE_ENDING = 'grafos-run';

/** Id of the editor that opens files of runs in the Run panel. */
export const RUN_FILE_EDITOR = 'grafos.runFile';

/** Schemes of read-only documents: artifacts, and pages that the extension writes. */
export const SCHEMES = {
  artifact: 'grafos-artifact',
  page: 'grafos-page',
} as const;

/** Id of the provider that offers `grafos mcp` to the editor's assistants. */
export const MCP_PROVIDER = 'grafos.programs';

/** Tools of `grafos mcp` that the editor's language models may use too. */
export const LANGUAGE_MODEL_TOOLS = ['grafos_stack_status', 'grafos_validate', 'grafos_list_runs'] as const;
