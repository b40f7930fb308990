import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

type Type =
  | { kind: 'name'; name: string }
  | { kind: 'list'; of: Type }
  | { kind: 'object'; members: Map<string, Type>; rest?: Type };

interface Method {
  verb: string;
  /** Matches the path below the project. */
  path: RegExp;
  /** Name of the interface of its parameters. */
  params: string;
}

/**
 * Compute Engine as Google describes it, read from the published package of its Node client: the
 * paths and verbs, their parameters, and the fields and types of the bodies.
 */
export class ComputeModel {
  readonly #types: string;
  readonly #methods: Method[];
  readonly #known = new Map<string, Type>();

  constructor() {
    const folder = join(dirname(createRequire(import.meta.url).resolve('@googleapis/compute/package.json')), 'build');
    this.#types = readFileSync(join(folder, 'v1.d.ts'), 'utf8');
    this.#methods = methodsOf(readFileSync(join(folder, 'v1.js'), 'utf8'));
  }

  /**
   * The faults of a request; none for one that the description allows.
   *
   * @param path below the project
   */
  findings(verb: string, path: string, query: URLSearchParams, body: unknown): string[] {
    const method = this.#methods.find((one) => one.verb === verb && one.path.test(path));
    if (method === undefined) return [`there is no ${verb} ${path}`];
    const params = this.#interface(method.params);
    if (params.kind !== 'object') throw new Error(`${method.params} is no interface`);
    const found = [...query.keys()]
      .filter((key) => !params.members.has(key))
      .map((key) => `${method.params} has no parameter ${key}`);
    const wanted = params.members.get('requestBody');
    if (body !== undefined && wanted === undefined) found.push(`${method.params} takes no body`);
    else if (wanted !== undefined) found.push(...this.#check(wanted, body, 'body'));
    return found;
  }

  #check(type: Type, value: unknown, at: string): string[] {
    if (type.kind === 'list') {
      if (!Array.isArray(value)) return [`${at} is no list`];
      return value.flatMap((item, index) => this.#check(type.of, item, `${at}[${index}]`));
    }
    if (type.kind === 'object') {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is no object`];
      return Object.entries(value).flatMap(([key, own]) => {
        const member = type.members.get(key) ?? type.rest;
        return member === undefined ? [`${at} has no field ${key}`] : this.#check(member, own, `${at}.${key}`);
      });
    }
    if (type.name === 'any') return [];
    const plain: Record<string, boolean> = {
      string: typeof value === 'string',
      number: typeof value === 'number',
      boolean: typeof value === 'boolean',
    };
    const isRight = plain[type.name];
    if (isRight !== undefined) return isRight ? [] : [`${at} is no ${type.name}`];
    return this.#check(this.#interface(type.name), value, at);
  }

  #interface(name: string): Type {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    // The names of parameters have their own idea of capitals: Aggregatedlist.
    const from = this.#types.search(new RegExp(`export interface ${name.replaceAll('$', '\\$')} `, 'i'));
    if (from < 0) throw new Error(`the description has no ${name}`);
    const text = this.#types.slice(this.#types.indexOf('{', from), this.#types.indexOf('\n    }', from) + 6);
    const type = new TypeReader(text).read();
    this.#known.set(name, type);
    return type;
  }
}

/** The methods of the client, in the order of its source: class, function, path, verb. */
function methodsOf(source: string): Method[] {
  const methods: Method[] = [];
  let [resource, name, path] = ['', '', ''];
  const marks =
    /class Resource\$(\w+)|^ {8}(\w+)\(params\w*, options\w*, callback\w*\)|rootUrl \+\s*'\/compute\/v1\/projects\/\{project\}\/([^']+)'|^ +method: '(\w+)'/gm;
  for (const [, className, functionName, url, verb] of source.matchAll(marks)) {
    resource = className ?? resource;
    name = functionName ?? name;
    path = url ?? path;
    if (verb === undefined || path === '') continue;
    const pattern = path.replace(/\{\w+\}/g, '[^/]+');
    methods.push({
      verb,
      path: new RegExp(`^${pattern}$`),
      params: `Params$Resource$${resource}$${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    });
    path = '';
  }
  return methods;
}

/** Reads a type of the description: names, lists, objects, records. `| null` is left out. */
class TypeReader {
  readonly #tokens: string[];
  #at = 0;

  constructor(text: string) {
    const plain = text.replace(/\/\*[\s\S]*?\*\//g, '');
    this.#tokens = plain.match(/[\w$]+|'[^']*'|[{}[\]<>:;?|]/g) ?? [];
  }

  read(): Type {
    let type = this.#one();
    for (;;) {
      if (this.#peek() === '[') {
        this.#at += 2;
        type = { kind: 'list', of: type };
      } else if (this.#peek() === '|') {
        this.#at += 1;
        const other = this.#one();
        if (type.kind === 'name' && type.name === 'null') type = other;
      } else return type;
    }
  }

  #one(): Type {
    const token = this.#next();
    if (token === '{') return this.#object();
    if (token !== 'Array') return { kind: 'name', name: token };
    this.#at += 1;
    const of = this.read();
    this.#at += 1;
    return { kind: 'list', of };
  }

  #object(): Type {
    const members = new Map<string, Type>();
    let rest: Type | undefined;
    while (this.#peek() !== '}') {
      if (this.#peek() === '[') {
        // [key: string]:
        this.#at += 6;
        rest = this.read();
      } else {
        const name = this.#next().replaceAll("'", '');
        if (this.#peek() === '?') this.#at += 1;
        this.#at += 1;
        members.set(name, this.read());
      }
      if (this.#peek() === ';') this.#at += 1;
    }
    this.#at += 1;
    return rest === undefined ? { kind: 'object', members } : { kind: 'object', members, rest };
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? '}';
  }

  #next(): string {
    this.#at += 1;
    return this.#tokens[this.#at - 1] ?? '';
  }
}
