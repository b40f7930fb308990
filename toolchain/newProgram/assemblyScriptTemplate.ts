import { commonFiles, greetingFixture, type ProgramFiles } from './programFiles.ts';

export function assemblyScriptTemplate(name: string): ProgramFiles {
  const source = `tasklets/${name}.ts`;
  const about = `A grafOS program with one tasklet in AssemblyScript, \`${source}\`. The guide has a page on \`grafos-std\`; in the editor, *grafOS: Open Guide…* shows it.`;
  return new Map([
    ...commonFiles(name, source, ['build/', '.grafos/'], about),
    ...greetingFixture(name),
    [
      source,
      `import { fail, Json } from "grafos-std";

/** Greets whoever the input names. */
export function compute(input: Uint8Array): Uint8Array {
  const name = Json.parse(input).get("name");
  if (!name.isString) return fail("missing_name");
  return Json.object().set("greeting", Json.ofString("Hello, " + name.asString())).toBytes();
}
`,
    ],
    ['tsconfig.json', TSCONFIG],
  ]);
}

/**
 * For the editor alone: the compiler of tasklets does not read it. The types in `.grafos/types` are
 * kept up to date by every build.
 */
const TSCONFIG = `{
  "compilerOptions": {
    "target": "esnext",
    "module": "esnext",
    "moduleResolution": "bundler",
    "noLib": true,
    "noEmit": true,
    "strict": true,
    "types": [],
    "experimentalDecorators": true,
    "paths": { "grafos-std": ["./.grafos/types/grafos-std/index.ts"] }
  },
  "include": ["tasklets", ".grafos/types/*.d.ts"]
}
`;
