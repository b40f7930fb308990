import type { MakingProvider } from './cellCloud.ts';

/** The commands that destroy a cell and make it anew, for the end of an advice. */
export function remakeCommands(provider: MakingProvider, name: string): string {
  return `grafos cloud destroy ${provider} --name ${name}, then grafos cloud provision ${provider} --name ${name}`;
}
