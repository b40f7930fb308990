import { GrafosError } from '../../base/grafosError.ts';

/** JSON Schema of what a tool is given: of all of it, as much as the tools need. */
export interface ToolInputSchema {
  type: 'object';
  properties: Record<string, ToolProperty>;
  required?: string[];
  additionalProperties: false;
}

export type ToolProperty =
  | { type: 'string'; description: string; enum?: string[]; default?: string }
  | { type: 'integer'; description: string; minimum: number; maximum: number; default: number };

export type ToolInput = Record<string, string | number>;

/**
 * The input with its defaults filled in. The caller is a program that can correct itself, so the
 * error names the fault.
 *
 * @throws {GrafosError} wrong_usage
 */
export function readToolInput(schema: ToolInputSchema, given: unknown): ToolInput {
  if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given)))
    throw wrong('The arguments are not an object.', schema);
  const values = new Map(Object.entries(given ?? {}));
  const input: ToolInput = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const value: unknown = values.get(name) ?? property.default;
    values.delete(name);
    if (value === undefined) {
      if (schema.required?.includes(name)) throw wrong(`"${name}" is missing.`, schema);
    } else if (property.type === 'string') {
      if (typeof value !== 'string') throw wrong(`"${name}" is not a string.`, schema);
      if (property.enum !== undefined && !property.enum.includes(value))
        throw wrong(`"${name}" is none of ${property.enum.join(', ')}.`, schema);
      input[name] = value;
    } else {
      const { minimum, maximum } = property;
      if (typeof value !== 'number' || !Number.isInteger(value) || value < minimum || value > maximum)
        throw wrong(`"${name}" is not an integer from ${minimum} to ${maximum}.`, schema);
      input[name] = value;
    }
  }
  const [unknown] = values.keys();
  if (unknown !== undefined) throw wrong(`There is no "${unknown}".`, schema);
  return input;
}

function wrong(message: string, { properties }: ToolInputSchema): GrafosError {
  const names = Object.keys(properties);
  return new GrafosError('wrong_usage', message, {
    next: names.length === 0 ? 'Call it without arguments.' : `Its arguments are: ${names.join(', ')}.`,
  });
}
