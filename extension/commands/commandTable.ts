import { COMMANDS, type CommandId } from '../ids.ts';
import { cellCreate } from './cellCreate.ts';
import { cellDestroy } from './cellDestroy.ts';
import { cellLog } from './cellLog.ts';
import { cellRenew } from './cellRenew.ts';
import type { CommandFactory } from './command.ts';
import { diagnosticsCopy } from './diagnosticsCopy.ts';
import { fixtureAccept } from './fixtureAccept.ts';
import { fixtureShowRun } from './fixtureShowRun.ts';
import { guideOpen } from './guideOpen.ts';
import { languageRestart } from './languageRestart.ts';
import { programNew } from './programNew.ts';
import { providerAddCell } from './providerAddCell.ts';
import { providerRemoveCell } from './providerRemoveCell.ts';
import { recipeOpen } from './recipeOpen.ts';
import { runAcceptOutput } from './runAcceptOutput.ts';
import { runAgain } from './runAgain.ts';
import { runArtifacts } from './runArtifacts.ts';
import { runCancel } from './runCancel.ts';
import { runDownload } from './runDownload.ts';
import { runOpen } from './runOpen.ts';
import { runOpenFile } from './runOpenFile.ts';
import { runProfile } from './runProfile.ts';
import { runReproduce } from './runReproduce.ts';
import { runSaveFile } from './runSaveFile.ts';
import { runSaveFixture } from './runSaveFixture.ts';
import { runsFilter } from './runsFilter.ts';
import { runsGroup } from './runsGroup.ts';
import { runsMore } from './runsMore.ts';
import { runWith } from './runWith.ts';
import { stackCopyBearer } from './stackCopyBearer.ts';
import { stackDashboard } from './stackDashboard.ts';
import { stackDoctor } from './stackDoctor.ts';
import { stackLogs } from './stackLogs.ts';
import { stackRestart } from './stackRestart.ts';
import { stackStart } from './stackStart.ts';
import { stackStop } from './stackStop.ts';
import { taskletBuild } from './taskletBuild.ts';
import { taskletBuildAll } from './taskletBuildAll.ts';
import { taskletDeploy } from './taskletDeploy.ts';
import { taskletNew } from './taskletNew.ts';
import { taskletRun } from './taskletRun.ts';
import { taskletValidate } from './taskletValidate.ts';

export interface CommandRow {
  make: CommandFactory;
  /**
   * Runs or reaches what the workspace names (code, daemons, keys): not before the user trusts it.
   */
  needsTrust: boolean;
}

const trusted = (make: CommandFactory): CommandRow => ({ make, needsTrust: true });
const open = (make: CommandFactory): CommandRow => ({ make, needsTrust: false });

/** Every command there is. */
export const COMMAND_TABLE: Record<CommandId, CommandRow> = {
  [COMMANDS.stackStart]: trusted(stackStart),
  [COMMANDS.stackStop]: trusted(stackStop),
  [COMMANDS.stackRestart]: trusted(stackRestart),
  [COMMANDS.stackDoctor]: trusted(stackDoctor),
  [COMMANDS.stackLogs]: open(stackLogs),
  [COMMANDS.stackDashboard]: trusted(stackDashboard),
  [COMMANDS.stackCopyBearer]: trusted(stackCopyBearer),
  [COMMANDS.taskletBuild]: trusted(taskletBuild),
  [COMMANDS.taskletBuildAll]: trusted(taskletBuildAll),
  [COMMANDS.taskletValidate]: trusted(taskletValidate),
  [COMMANDS.taskletRun]: trusted(taskletRun),
  [COMMANDS.taskletDeploy]: trusted(taskletDeploy),
  [COMMANDS.taskletNew]: open(taskletNew),
  [COMMANDS.programNew]: open(programNew),
  [COMMANDS.recipeOpen]: open(recipeOpen),
  [COMMANDS.guideOpen]: open(guideOpen),
  [COMMANDS.runArtifacts]: trusted(runArtifacts),
  [COMMANDS.runDownload]: trusted(runDownload),
  [COMMANDS.runReproduce]: trusted(runReproduce),
  [COMMANDS.runProfile]: trusted(runProfile),
  [COMMANDS.runCancel]: trusted(runCancel),
  [COMMANDS.runOpen]: open(runOpen),
  [COMMANDS.runOpenFile]: open(runOpenFile),
  [COMMANDS.runSaveFile]: trusted(runSaveFile),
  [COMMANDS.runAgain]: trusted(runAgain),
  [COMMANDS.runWith]: trusted(runWith),
  [COMMANDS.runSaveFixture]: trusted(runSaveFixture),
  [COMMANDS.runAcceptOutput]: trusted(runAcceptOutput),
  [COMMANDS.fixtureAccept]: trusted(fixtureAccept),
  [COMMANDS.fixtureShowRun]: open(fixtureShowRun),
  [COMMANDS.runsFilter]: open(runsFilter),
  [COMMANDS.runsGroup]: open(runsGroup),
  [COMMANDS.runsMore]: trusted(runsMore),
  [COMMANDS.languageRestart]: open(languageRestart),
  [COMMANDS.providerAddCell]: trusted(providerAddCell),
  [COMMANDS.providerRemoveCell]: trusted(providerRemoveCell),
  [COMMANDS.cellCreate]: trusted(cellCreate),
  [COMMANDS.cellDestroy]: trusted(cellDestroy),
  [COMMANDS.cellRenew]: trusted(cellRenew),
  [COMMANDS.cellLog]: trusted(cellLog),
  [COMMANDS.diagnosticsCopy]: open(diagnosticsCopy),
};
