import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the models in Debian's package python3-botocore. */
const MODELS = '/usr/lib/python3/dist-packages/botocore/data';

interface Shape {
  type: string;
  required?: string[];
  members?: Record<string, Member>;
  member?: Member;
  enum?: string[];
  pattern?: string;
  min?: number;
  max?: number;
  flattened?: boolean;
}

interface Member {
  shape: string;
  locationName?: string;
  queryName?: string;
  flattened?: boolean;
}

interface Model {
  metadata: { protocol: 'query' | 'ec2'; apiVersion: string; xmlNamespace?: string };
  operations: Record<string, { input?: Member; output?: Member & { resultWrapper?: string } }>;
  shapes: Record<string, Shape>;
}

/** The reason why requests to AWS cannot be checked on this machine; undefined when they can. */
export function awsModelsMissing(): string | undefined {
  try {
    readFileSync(join(MODELS, 'sts', '2011-06-15', 'service-2.json'));
    return undefined;
  } catch {
    return 'the models of AWS are missing: apt-get install python3-botocore';
  }
}

/** A request that its service's published model does not allow. */
export class RequestFault extends Error {}

/** The published model of a service of AWS: it reads requests strictly, and writes answers. */
export class AwsModel {
  readonly #model: Model;

  constructor(service: string, version: string) {
    this.#model = JSON.parse(readFileSync(join(MODELS, service, version, 'service-2.json'), 'utf8'));
  }

  /**
   * Reads the parameters of a request.
   *
   * @throws {RequestFault} for what is missing, unknown, or against an enum, pattern or bound
   */
  read(form: URLSearchParams): { action: string; input: Record<string, unknown> } {
    const action = form.get('Action') ?? '';
    const operation = this.#model.operations[action];
    if (operation === undefined) throw new RequestFault(`there is no operation ${action}`);
    if (form.get('Version') !== this.#model.metadata.apiVersion) throw new RequestFault('wrong Version');
    const unread = new Map([...form].filter(([key]) => key !== 'Action' && key !== 'Version'));
    const input =
      operation.input === undefined ? {} : (this.#value(operation.input, '', unread) as Record<string, unknown>);
    if (unread.size > 0) throw new RequestFault(`${action} has no ${[...unread.keys()].join(', ')}`);
    return { action, input: input ?? {} };
  }

  #value(member: Member, prefix: string, unread: Map<string, string>): unknown {
    const shape = this.#shape(member.shape);
    const name = prefix || 'input';
    if (shape.type === 'structure') return this.#structure(shape, prefix, unread);
    if (shape.type === 'list') return this.#list(shape, member, prefix, unread);
    const text = unread.get(prefix);
    if (text === undefined) return undefined;
    unread.delete(prefix);
    switch (shape.type) {
      case 'boolean':
        if (text !== 'true' && text !== 'false') throw new RequestFault(`${name} is no boolean: ${text}`);
        return text === 'true';
      case 'integer':
      case 'long':
        if (!/^-?\d+$/.test(text)) throw new RequestFault(`${name} is no whole number: ${text}`);
        bounded(shape, Number(text), name);
        return Number(text);
      default:
        if (shape.enum !== undefined && !shape.enum.includes(text) && member.shape !== 'InstanceType') {
          throw new RequestFault(`${name} is none of ${shape.enum.join(', ')}: ${text}`);
        }
        if (shape.pattern !== undefined && !new RegExp(`^(?:${shape.pattern})$`, 'u').test(text)) {
          throw new RequestFault(`${name} is not of the form ${shape.pattern}: ${text}`);
        }
        bounded(shape, text.length, name);
        return text;
    }
  }

  #structure(shape: Shape, prefix: string, unread: Map<string, string>): unknown {
    const value: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(shape.members ?? {})) {
      const key = this.#isEc2 ? (member.queryName ?? upperFirst(member.locationName ?? name)) : name;
      const own = this.#value(member, prefix === '' ? key : `${prefix}.${key}`, unread);
      if (own !== undefined) value[name] = own;
    }
    if (Object.keys(value).length === 0 && prefix !== '') return undefined;
    for (const name of shape.required ?? []) {
      if (value[name] === undefined) throw new RequestFault(`${prefix || 'input'} lacks ${name}`);
    }
    return value;
  }

  #list(shape: Shape, member: Member, prefix: string, unread: Map<string, string>): unknown {
    const items: unknown[] = [];
    const isFlat = this.#isEc2 || shape.flattened === true || member.flattened === true;
    for (let index = 1; ; index += 1) {
      const item = this.#value(shape.member as Member, `${prefix}${isFlat ? '' : '.member'}.${index}`, unread);
      if (item === undefined) break;
      items.push(item);
    }
    if (items.length === 0) return undefined;
    bounded(shape, items.length, prefix);
    return items;
  }

  /**
   * Writes an answer as XML.
   *
   * @throws {Error} for a key that the model does not have
   */
  write(action: string, answer: Record<string, unknown>, requestId: string): string {
    const { xmlNamespace = '' } = this.#model.metadata;
    const output = this.#model.operations[action]?.output;
    const body = output === undefined ? '' : this.#xml(output, answer);
    const xmlns = xmlNamespace === '' ? '' : ` xmlns="${xmlNamespace}"`;
    if (this.#isEc2) return `<${action}Response${xmlns}><requestId>${requestId}</requestId>${body}</${action}Response>`;
    const result =
      output?.resultWrapper === undefined ? body : `<${output.resultWrapper}>${body}</${output.resultWrapper}>`;
    const meta = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    return `<${action}Response${xmlns}>${result}${meta}</${action}Response>`;
  }

  #xml(member: Member, value: unknown): string {
    const shape = this.#shape(member.shape);
    if (shape.type === 'structure') {
      const members = shape.members ?? {};
      return Object.entries(value as Record<string, unknown>)
        .filter(([, own]) => own !== undefined)
        .map(([name, own]) => {
          const inner = members[name];
          if (inner === undefined) throw new Error(`${member.shape} has no ${name}`);
          const tag = inner.locationName ?? name;
          return `<${tag}>${this.#xml(inner, own)}</${tag}>`;
        })
        .join('');
    }
    if (shape.type === 'list') {
      const tag = shape.member?.locationName ?? 'member';
      return (value as unknown[]).map((item) => `<${tag}>${this.#xml(shape.member as Member, item)}</${tag}>`).join('');
    }
    return escaped(String(value));
  }

  /** The XML of an error, as the protocol of the service has it. */
  error(code: string, message: string, requestId: string): string {
    const text = `<Code>${escaped(code)}</Code><Message>${escaped(message)}</Message>`;
    if (this.#isEc2)
      return `<Response><Errors><Error>${text}</Error></Errors><RequestID>${requestId}</RequestID></Response>`;
    return `<ErrorResponse><Error><Type>Sender</Type>${text}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
  }

  get #isEc2(): boolean {
    return this.#model.metadata.protocol === 'ec2';
  }

  #shape(name: string): Shape {
    const shape = this.#model.shapes[name];
    if (shape === undefined) throw new Error(`the model has no shape ${name}`);
    return shape;
  }
}

function bounded({ min, max }: Shape, size: number, name: string): void {
  if (min !== undefined && size < min) throw new RequestFault(`${name} is below ${min}`);
  if (max !== undefined && size > max) throw new RequestFault(`${name} is above ${max}`);
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}
