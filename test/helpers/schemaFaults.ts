export interface PropertySchema {
  type?: 'string' | 'integer';
  enum?: string[];
  pattern?: string;
  minimum?: number;
  description: string;
}

export interface ObjectSchema {
  required: string[];
  additionalProperties: boolean;
  properties: Record<string, PropertySchema>;
}

/** Lists the misfits between an object and a JSON schema as flat as ours are. */
export function schemaFaults(schema: ObjectSchema, value: Record<string, unknown>): string[] {
  const missing = schema.required.filter((name) => !(name in value)).map((name) => `${name} is missing`);
  const wrong = Object.entries(value).flatMap(([name, one]) => {
    const property = schema.properties[name];
    if (property === undefined) return schema.additionalProperties ? [] : [`${name} is not known`];
    const fits =
      property.enum !== undefined
        ? property.enum.includes(one as string)
        : property.type === 'integer'
          ? Number.isInteger(one) && (one as number) >= (property.minimum ?? -Infinity)
          : typeof one === 'string' && new RegExp(property.pattern ?? '', 'u').test(one);
    return fits ? [] : [`${name} does not fit: ${JSON.stringify(one)}`];
  });
  return [...missing, ...wrong];
}
