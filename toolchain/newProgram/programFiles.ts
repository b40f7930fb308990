/** The files of a new program: path with `/` to content. */
export type ProgramFiles = Map<string, string>;

/**
 * The files that all templates have in common. `source` is the source in the manifest, `ignored`
 * the folders that belong in no repository.
 */
export function commonFiles(name: string, source: string, ignored: string[], about: string): ProgramFiles {
  return new Map([
    [
      'grafos.toml',
      `[program]
name = "${name}"
version = "0.1.0"

[[tasklet]]
name = "${name}"
source = "${source}"
fixtures = "fixtures/${name}"
`,
    ],
    ['.gitignore', `${ignored.join('\n')}\n`],
    ['README.md', readme(name, about)],
  ]);
}

function readme(name: string, about: string): string {
  return `# ${name}

${about}

\`\`\`
grafos dev up                                        # a cell on this machine
grafos tasklet build                                 # ${name} to build/${name}.wasm
grafos validate                                      # everything that can be told without running it
grafos test                                          # the cases of fixtures/${name}
grafos deploy run --provider local --tasklet ${name} --input fixtures/${name}/hello.input.json --json
grafos dev down
\`\`\`
`;
}

/** A case that the tasklet of every template passes. */
export function greetingFixture(name: string): ProgramFiles {
  return new Map([
    [`fixtures/${name}/hello.input.json`, '{ "name": "grafOS" }\n'],
    [`fixtures/${name}/hello.expected.json`, '{ "greeting": "Hello, grafOS" }\n'],
    [`fixtures/${name}/no-name.input.json`, '{}\n'],
    [`fixtures/${name}/no-name.expected.json`, '{ "$error": "missing_name" }\n'],
  ]);
}
