/** Null when the value fits, else what is wrong with it, beginning with where. */
export type Check = (value: unknown, at: string) => string | null;

/** The part of Ajv's errors that a sentence is made of. */
export interface SchemaError {
  instancePath: string;
  keyword: string;
  params: Record<string, unknown>;
}

/** A function that Ajv wrote. */
export interface Validate {
  (value: unknown): boolean;
  errors?: readonly SchemaError[] | null | undefined;
}

/** A check that says in words what a function of Ajv found. */
export function checkOf(validate: Validate): Check {
  return (value, at) => {
    if (validate(value)) return null;
    // Of several choices the first one says the most: the others are null.
    const error = validate.errors?.[0];
    return error === undefined ? `${at} does not fit` : problemOf(error, at);
  };
}

function problemOf({ instancePath, keyword, params }: SchemaError, top: string): string {
  const at = top + pathText(instancePath);
  const { limit } = params;
  switch (keyword) {
    case 'type':
      return `${at} must be ${[params.type].flat().map(withArticle).join(' or ')}`;
    case 'required':
      return `${at}.${params.missingProperty} is missing`;
    case 'additionalProperties':
      return `${at} has the unknown key ${JSON.stringify(String(params.additionalProperty).slice(0, 64))}`;
    case 'enum':
      return `${at} must be one of ${(params.allowedValues as unknown[]).join(', ')}`;
    case 'const':
      return `${at} must be ${JSON.stringify(params.allowedValue)}`;
    case 'pattern':
      return `${at} must match ${params.pattern}`;
    case 'format':
      return `${at} must be an RFC 3339 time`;
    case 'minimum':
      return `${at} must be at least ${limit}`;
    case 'maximum':
      return `${at} must be at most ${limit}`;
    case 'minLength':
      return `${at} must be at least ${limit} characters long`;
    case 'maxLength':
      return `${at} must be at most ${limit} characters long`;
    case 'minItems':
      return `${at} must hold at least ${limit} items`;
    case 'maxItems':
      return `${at} must hold at most ${limit} items`;
    case 'uniqueItems':
      return `${at} must not repeat itself`;
    default:
      return `${at} breaks the rule ${keyword}`;
  }
}

/** A JSON pointer (RFC 6901) as an expression: `/runs/0/state` is `.runs[0].state`. */
function pathText(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join('');
}

function withArticle(type: unknown): string {
  return /^[aeio]/.test(String(type)) ? `an ${type}` : `a ${type}`;
}
