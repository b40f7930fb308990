import { ADMIN_COMMANDS } from './adminCommands.ts';
import { CELL_COMMANDS } from './cellCommands.ts';
import { CLOUD_CELL_COMMANDS } from './cloudCellCommands.ts';
import { CLOUD_COMMANDS } from './cloudCommands.ts';
import type { CommandSpec, OptionSpec } from './command.ts';
import { DIRECT } from './directOptions.ts';
import { RUN_COMMANDS } from './runCommands.ts';
import { CELL, OUTPUT, PROVIDER } from './runOptions.ts';

const TASKLET: OptionSpec = {
  flags: '--tasklet <name>',
  description: 'which tasklet; may be left out when the program has one',
};

const RECORDS: OptionSpec[] = [
  { flags: '--provider <name>', description: 'local, aws, gcp or azure; local unless a scheduler is given' },
  CELL,
  ...DIRECT,
  { flags: '--limit <n>', description: 'rows of the table; JSON has all', default: '50' },
  { flags: '--reason <label>', description: 'only rows with this reason', repeatable: true },
];

export const COMMANDS: CommandSpec[] = [
  {
    name: 'new',
    summary: 'Lay out a new program',
    args: [{ name: '<folder>', description: 'folder to make' }],
    options: [
      {
        flags: '--template <name>',
        description: 'language of its first tasklet',
        choices: ['assemblyscript', 'rust', 'wat'],
        default: 'assemblyscript',
      },
      { flags: '--name <name>', description: "name of the program; the folder's unless given" },
    ],
    examples: ['grafos new hello', 'grafos new counter --template rust'],
    json: '{dir, name, template, files: [path]}',
    load: async () => (await import('./commands/new.ts')).run,
  },
  {
    name: 'dev up',
    summary: 'Start the local stack of this program; one that runs is kept when nothing changed, else replaced',
    options: [
      {
        flags: '--mem-capacity <size>',
        description: "the cell's memory pool; memory of [stack] unless given, else 128KiB",
      },
      {
        flags: '--transport <name>',
        description:
          'fabric control; transport of [stack] unless given, else auto, which takes tcp where no UDP gets through',
        choices: ['auto', 'quic', 'tcp'],
      },
      { flags: '--fabric-port <port>', description: 'fixed port of fabric control' },
      { flags: '--mem-port <port>', description: 'fixed port of the memory data plane' },
      { flags: '--scheduler-port <port>', description: 'fixed port of the scheduler' },
      { flags: '--helper-port <port>', description: 'fixed port of the helper' },
      {
        flags: '--tenant <name>',
        description: 'another tenant of the stack, with its certificate in .grafos/dev/trust/tenants/<name>/',
        repeatable: true,
      },
      {
        flags: '--helper-host <host>',
        description: 'another host name, with its port, that the helper answers to, such as that of a forwarded port',
        repeatable: true,
      },
    ],
    examples: ['grafos dev up', 'grafos dev up --mem-capacity 64MiB'],
    json: 'dev.json, with {replaced, kept, ended: {runs, leases} or null, warning, duration_ms}',
    load: async () => (await import('./commands/devUp.ts')).run,
  },
  {
    name: 'dev down',
    summary: 'Stop the local stack; its logs and runs stay',
    json: '{daemons: {name: absent|stopped|killed}, ended: {runs, leases} or null, warning, logs, duration_ms}',
    load: async () => (await import('./commands/dev.ts')).down,
  },
  {
    name: 'dev status',
    summary: 'Show the local stack; the exit code is 0 when it runs, 1 when it is unhealthy, 3 when it is stopped',
    options: [{ flags: '--bearer', description: "print the helper's URL and bearer for the dashboard" }],
    json: '{state: stopped|running|unhealthy, dead: [daemon], leased_bytes, dev: dev.json or null}; with --bearer {url, bearer}',
    load: async () => (await import('./commands/dev.ts')).status,
  },
  {
    name: 'dev doctor',
    summary: 'Check every part of the local stack',
    json: '{ok, checks: [{name, status: ok|warn|fail, message, next}]}',
    load: async () => (await import('./commands/dev.ts')).doctor,
  },
  {
    name: 'dev restore',
    summary: 'Bring back a state folder that was set aside',
    args: [{ name: '<folder>', description: 'its name beside .grafos, as the warning gave it' }],
    json: '{from, replaced}',
    load: async () => (await import('./commands/dev.ts')).restore,
  },
  {
    name: 'dev logs',
    summary: 'Print the logs of the daemons',
    args: [{ name: '[daemon]', description: 'fabricbiosd, scheduler or helper; all unless given' }],
    options: [
      { flags: '--lines <n>', description: 'last lines of each', default: '50' },
      { flags: '--follow', description: 'go on as the logs grow, until interrupted' },
    ],
    examples: ['grafos dev logs scheduler --lines 200', 'grafos dev logs --follow'],
    json: '[{daemon, file, lines: [text]}]; with --follow one {daemon, line} a line',
    load: async () => (await import('./commands/dev.ts')).logs,
  },
  {
    name: 'tasklet build',
    summary: 'Build tasklets to wasm',
    args: [{ name: '[tasklets...]', description: 'names; all unless given' }],
    examples: ['grafos tasklet build', 'grafos tasklet build hello'],
    json: '[{tasklet, kind, output, bytes, sha256, unchanged, duration_ms, cargo}]; cargo only for Rust that was built',
    load: async () => (await import('./commands/tasklet.ts')).build,
  },
  {
    name: 'tasklet inspect',
    summary: 'Show what a built tasklet imports, exports and holds',
    args: [{ name: '[tasklet]', description: 'name of a tasklet, or a .wasm file' }],
    examples: ['grafos tasklet inspect hello', 'grafos tasklet inspect build/hello.wasm'],
    json: '{file, bytes, sha256, functions, memory, imports, exports, custom_sections, problems}',
    load: async () => (await import('./commands/tasklet.ts')).inspect,
  },
  {
    name: 'validate',
    summary: 'Check the program without running it; no network; Rust that is not built is compiled by cargo',
    args: [{ name: '[tasklet]', description: 'only this tasklet' }],
    options: [
      { flags: '--no-compile', description: 'start no cargo, so that nothing of the program runs' },
      { flags: '--sarif', description: 'SARIF 2.1.0' },
      { flags: '--github', description: 'GitHub annotations' },
    ],
    examples: ['grafos validate', 'grafos validate --sarif > findings.sarif'],
    json: '{ok, errors, warnings, infos, findings: [{code, severity, title, message, file, range, page, fix}]}',
    load: async () => (await import('./commands/validate.ts')).run,
  },
  {
    name: 'lsp',
    summary: 'Serve editors: the language server over standard input and output (docs/reference/protocol.md)',
    options: [{ flags: '--stdio', description: 'the only transport; accepted for editors that pass it' }],
    json: 'nothing; the output is the protocol',
    load: async () => (await import('./commands/lsp.ts')).run,
  },
  {
    name: 'mcp',
    summary:
      'Serve assistants: a read-only Model Context Protocol server over standard input and output (docs/guide/mcp.md)',
    json: 'nothing; the output is the protocol',
    load: async () => (await import('./commands/mcp.ts')).run,
  },
  {
    name: 'test',
    summary: 'Run the fixtures of the program on a real stack',
    args: [{ name: '[tasklets...]', description: 'names; all unless given' }],
    options: [
      { flags: '--no-build', description: 'run what is built, do not build first' },
      { flags: '--case <name>', description: 'only the cases of this name', repeatable: true },
      { flags: '--update', description: 'accept other outputs: write them to the expectations' },
      { flags: '--coverage <file>', description: 'write how often each line of the sources was executed, as lcov' },
    ],
    examples: ['grafos test', 'grafos test hello --case no-name --update', 'grafos test --coverage lcov.info'],
    json: '{passed, failed, cases: [{tasklet, case, passed, mismatch: {what, expected, actual, diff} or null, updated, run_id or null, log: [text] or null, fuel_used, duration_us, places}], coverage: {file, lines, executed} or null}',
    load: async () => (await import('./commands/test.ts')).run,
  },
  {
    name: 'deploy run',
    summary: 'Run a tasklet on a cell and wait for its end',
    options: [
      { ...PROVIDER, default: 'local' },
      CELL,
      TASKLET,
      { flags: '--mem <size>', description: "fabric memory to lease, such as 32KiB; the manifest's mem unless given" },
      { flags: '--fuel <count>', description: "instructions this run may execute; the manifest's fuel unless given" },
      {
        flags: '--timeout <duration>',
        description: "wall clock of this run, such as 60s; the manifest's unless given",
      },
      {
        flags: '--linear-memory <size>',
        description: "bound on the module's own memory in this run; the manifest's linear_memory unless given",
      },
      { flags: '--input <file>', description: 'input bytes; none unless given; - for standard input' },
      {
        flags: '--hold <duration>',
        description: 'keep the lease this long after the end, such as 60s (see grafos mem)',
      },
      OUTPUT,
      {
        flags: '--profile',
        description: 'show afterwards which functions and lines its fuel went to (see grafos profile)',
      },
      { flags: '--yes', description: 'deploy to a cloud without the question that comes before the first time' },
      { flags: '--detach', description: 'submit the run and return at once' },
      { flags: '--direct', description: 'use --scheduler instead of a provider' },
      ...DIRECT,
      { flags: '--tenant <name>', description: 'tenant at that scheduler; the certificate says it too' },
    ],
    examples: [
      'grafos deploy run --input fixtures/hello/hello.input.json',
      'grafos deploy run --fuel 50_000_000 --timeout 60s --output out.bin',
      'echo \'{"name":"Ada"}\' | grafos deploy run --input - --json',
    ],
    json: 'response.json with output_text, error with places: [{function, file, line, column, own, excerpt, begins, left_out}]; with --profile and what grafos profile prints as its profile; with --detach the run',
    load: async () => (await import('./commands/deploy.ts')).run,
  },
  {
    name: 'fuel suggest',
    summary: 'Suggest a fuel for tasklets by what their fixtures use',
    args: [{ name: '[tasklets...]', description: 'names; all unless given' }],
    options: [{ flags: '--write', description: 'write it into grafos.toml, where comments stay as they are' }],
    examples: ['grafos fuel suggest', 'grafos fuel suggest hello --write'],
    json: '{written, suggestions: [{tasklet, fuel_used, case, fuel, current, enough, line}]}',
    load: async () => (await import('./commands/fuel.ts')).suggest,
  },
  ...RUN_COMMANDS,
  {
    name: 'provider list',
    summary: 'List providers and whether they are ready',
    json: '[{provider, ready, scheduler_url, cell_id, last_heartbeat, requirements, next, cells: as in grafos provider status}]',
    load: async () => (await import('./commands/provider.ts')).list,
  },
  {
    name: 'provider status',
    summary: 'Show what a provider needs to be ready',
    args: [{ name: '<provider>', description: 'local, aws, gcp or azure' }],
    json: '{provider, ready, scheduler_url, cell_id, last_heartbeat, requirements: [{name, met, message}], next, cells: [{name, scheduler_url, tenant, ready, is_next, cell_id, region, version, last_heartbeat, certificate_ends, cost: unknown, message, next}]}',
    load: async () => (await import('./commands/provider.ts')).status,
  },
  {
    name: 'provider confirm',
    summary: "Use the cell or stack that the program's folder names, although this user did not make it here",
    args: [{ name: '<provider>', description: 'local, aws, gcp or azure' }],
    options: [{ ...CELL, description: 'the cell; the only one that is not confirmed unless given' }],
    json: '{provider, confirmed: {fact: value}, is_new}',
    load: async () => (await import('./commands/provider.ts')).confirm,
  },
  ...CLOUD_COMMANDS,
  ...CLOUD_CELL_COMMANDS,
  ...CELL_COMMANDS,
  {
    name: 'cloud remove',
    summary: 'Remove a cell from a provider; its certificates and key stay',
    args: [{ name: '<provider>', description: 'aws, gcp or azure' }],
    options: [{ flags: '--scheduler <url>', description: 'URL of its scheduler', required: true }],
    examples: ['grafos cloud remove aws --scheduler https://cell.example.com:8443'],
    json: '{provider, scheduler_url, left}',
    load: async () => (await import('./commands/cloud.ts')).remove,
  },
  {
    name: 'admissions',
    summary: 'Show which runs the scheduler admitted or refused',
    options: RECORDS,
    json: "the server's body",
    load: async () => (await import('./commands/records.ts')).admissions,
  },
  {
    name: 'placements',
    summary: 'Show where the scheduler placed runs',
    options: RECORDS,
    json: "the server's body",
    load: async () => (await import('./commands/records.ts')).placements,
  },
  ...ADMIN_COMMANDS,
  {
    name: 'api',
    summary: 'Ask the tenant API of a scheduler, with certificate and token (docs/guide/calling-the-api.md)',
    args: [
      { name: '<method>', description: 'GET, HEAD, PUT, POST or DELETE' },
      { name: '<path>', description: 'such as /api/v1/runs?limit=5' },
    ],
    options: [
      { ...PROVIDER, default: 'local' },
      CELL,
      { flags: '--admin', description: 'as the admin of the local stack, or of GRAFOS_SCHEDULER' },
      { flags: '--input <file>', description: 'body of the request; - for standard input' },
      { flags: '--type <type>', description: 'its content type; application/json unless given' },
      { flags: '--output <file>', description: 'write the answer to a file' },
      { flags: '--yes', description: 'change something in a cloud without the question of the first time' },
    ],
    examples: ["grafos api GET '/api/v1/runs?limit=5'"],
    json: 'the answer as it came; each line of an event stream as a JSON string',
    load: async () => (await import('./commands/api.ts')).run,
  },
  {
    name: 'token',
    summary: 'Print a bearer token for one connection to the tenant API (docs/guide/calling-the-api.md)',
    options: [
      { ...PROVIDER, default: 'local' },
      CELL,
      { flags: '--admin', description: 'of the admin of the local stack, or of GRAFOS_SCHEDULER' },
    ],
    json: '{token, expires_at, scheduler_url, cell_id, ca_cert, cert, key}; the last three are files of the local stack, else null',
    load: async () => (await import('./commands/token.ts')).run,
  },
  {
    name: 'account show',
    summary: 'Show who works here',
    json: '{email or null, tenant, file or null}',
    load: async () => (await import('./commands/account.ts')).show,
  },
  {
    name: 'account set',
    summary: 'Say who works here; names the local tenant',
    args: [{ name: '<email>', description: 'your e-mail address' }],
    json: '{email, tenant, file}',
    load: async () => (await import('./commands/account.ts')).set,
  },
  {
    name: 'completion',
    summary: 'Print the completion script of a shell',
    args: [{ name: '[shell]', description: 'bash, zsh or fish' }],
    options: [
      {
        flags: '--values <kind>',
        description: 'print names for a script instead',
        choices: ['tasklets', 'runs', 'cells'],
      },
    ],
    json: '{shell, script}; with --values [name]',
    // biome-ignore lint/suspicious/noImportCycles: the table is whole before a command is loaded.
    load: async () => (await import('./commands/completion.ts')).run,
  },
];
