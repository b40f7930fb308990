import type { CommandFactory } from './command.ts';

export const languageRestart: CommandFactory =
  ({ restartLanguageServer }) =>
  async () =>
    restartLanguageServer();
