import { GrafosError } from '../../base/grafosError.ts';

/** Names that fit every resource of both clouds: a letter first, no hyphen last. */
const CELL_NAME = /^[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/;

/** @throws {GrafosError} wrong_usage */
export function checkedCellName(name: string): string {
  // The list of a provider's cells has the file that notes on a cell of this name would have.
  if (CELL_NAME.test(name) && name !== 'cells') return name;
  throw new GrafosError('wrong_usage', `"${name}" is no name for a cell.`, {
    next: 'Give 1 to 30 of a-z, 0-9 and -, a letter first and no - last, but not "cells": --name edge',
  });
}

/** The name that a cell calls itself by. */
export function cellIdOf(provider: string, name: string): string {
  return `${provider}-${name}`;
}

/** The name of a stack, and the beginning of the names of all resources. */
export function resourceName(name: string): string {
  return `grafos-${name}`;
}
