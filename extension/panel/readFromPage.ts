import { LIMITS } from '../../base/limits.ts';
import { ARTIFACT_NAMES } from '../../daemons/wire/tenantApi.ts';
import { type FromPage, PANEL_ACTIONS } from './panelMessages.ts';

/** Characters of a text for the clipboard: two digits for each byte of the largest output. */
const COPIED_CHARACTERS = 2 * LIMITS.output;
/** Characters of a file's name in a place. */
const FILE_CHARACTERS = 4_096;
/** Largest line or column that an editor can select. */
const POSITION_MAX = 2 ** 31 - 1;

/**
 * Reads a message from the page of the Run panel.
 *
 * The page draws names, outputs and logs that a tasklet made. So the extension believes nothing
 * that the page sends before it has the shape and the bounds of a message.
 *
 * @returns a new object with the message's own members only; undefined for any other value
 */
export function readFromPage(value: unknown): FromPage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, ...given } = value as Record<string, unknown>;
  switch (kind) {
    case 'ready':
    case 'saveOutput':
    case 'showNewer':
      return { kind };
    case 'action': {
      const action = PANEL_ACTIONS.find((one) => one === given.action);
      if (action === undefined) return undefined;
      if (given.input === undefined) return { kind, action };
      return isText(given.input, LIMITS.input) ? { kind, action, input: given.input } : undefined;
    }
    case 'artifact': {
      const name = ARTIFACT_NAMES.find((one) => one === given.name);
      return name === undefined ? undefined : { kind, name };
    }
    case 'place': {
      const { file, line, column } = given;
      return isText(file, FILE_CHARACTERS) && isPosition(line) && isPosition(column)
        ? { kind, file, line, column }
        : undefined;
    }
    case 'copyOutput':
      return isText(given.text, COPIED_CHARACTERS) ? { kind, text: given.text } : undefined;
    default:
      return undefined;
  }
}

function isText(value: unknown, lengthMax: number): value is string {
  return typeof value === 'string' && value.length <= lengthMax;
}

function isPosition(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= POSITION_MAX;
}
