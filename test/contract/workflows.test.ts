import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
/** The YAML reader of mocha itself. */
const { load } = createRequire(createRequire(import.meta.url).resolve('mocha'))('js-yaml') as {
  load(text: string): unknown;
};

interface Step {
  uses?: string;
  run?: string;
  shell?: string;
  if?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}

interface Job {
  'runs-on'?: string;
  'timeout-minutes'?: number;
  needs?: string | string[];
  uses?: string;
  steps?: Step[];
  permissions?: Record<string, string>;
  environment?: string;
  strategy?: { matrix: Record<string, unknown[]> };
}

interface Workflow {
  on: Record<string, unknown>;
  permissions?: Record<string, string>;
  jobs: Record<string, Job>;
}

const folder = join(root, '.github', 'workflows');
const workflows = readdirSync(folder).map((name) => {
  const text = readFileSync(join(folder, name), 'utf8');
  return { name, text, content: load(text) as Workflow };
});
const scripts = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts as Record<string, string>;

/** The faults of a workflow, in words. An empty list means that it is sound. */
function faultsOf(text: string, { permissions, jobs }: Workflow): string[] {
  const faults: string[] = [];
  for (const [, action, version] of text.matchAll(/^[ -]+uses: *(?!\.\/)(\S+)(.*)$/gm)) {
    if (!/^[\w./-]+@[0-9a-f]{40}$/.test(action ?? '')) faults.push(`${action} is not pinned by a commit`);
    else if (!/^ # v\d+\.\d+\.\d+$/.test(version ?? '')) faults.push(`${action} does not name its version`);
  }
  if (permissions === undefined) faults.push('the permissions are those of the repository');
  for (const [id, job] of Object.entries(jobs)) {
    for (const needed of [job.needs ?? []].flat()) {
      if (jobs[needed] === undefined) faults.push(`${id} needs ${needed}, which is no job`);
    }
    if (job.uses !== undefined) {
      if (!existsSync(join(root, job.uses))) faults.push(`${id} uses ${job.uses}, which is no file`);
      continue;
    }
    if (job['runs-on'] === undefined) faults.push(`${id} runs nowhere`);
    if (job['timeout-minutes'] === undefined) faults.push(`${id} has no timeout`);
    for (const [, name] of JSON.stringify(job).matchAll(/\$\{\{ *matrix\.([\w-]+)/g)) {
      if (job.strategy?.matrix[name ?? ''] === undefined) faults.push(`${id} has no ${name} in its matrix`);
    }
    for (const { uses, run, with: inputs } of job.steps ?? []) {
      if ((uses === undefined) === (run === undefined)) faults.push(`a step of ${id} has no one thing to do`);
      if (uses?.startsWith('actions/checkout@') && inputs?.['persist-credentials'] !== false) {
        faults.push(`${id} leaves its token in the checkout`);
      }
      for (const [, name] of (run ?? '').matchAll(/npm run ([\w:-]+)/g)) {
        if (scripts[name ?? ''] === undefined) faults.push(`${id} runs ${name}, which is no script`);
      }
      // Text of an event in a command is a command of its author.
      if (/\$\{\{/.test(run ?? '')) faults.push(`a command of ${id} has an expression in it`);
    }
  }
  return faults;
}

describe('workflows', () => {
  for (const { name, text, content } of workflows) {
    it(`${name} is sound`, () => assert.deepEqual(faultsOf(text, content), []));
  }

  const job = (steps: string, more = '') =>
    `permissions: {}\njobs:\n  a:\n    runs-on: x\n    timeout-minutes: 1\n${more}    steps:\n${steps}`;
  const broken: Array<[string, RegExp]> = [
    [job('      - uses: actions/setup-node@v7\n'), /not pinned/],
    [job(`      - uses: actions/setup-node@${'0'.repeat(40)}\n`), /does not name its version/],
    [job(`      - uses: actions/checkout@${'0'.repeat(40)} # v7.0.1\n`), /leaves its token/],
    [job('      - run: npm run nothing\n'), /no script/],
    [job(`      - run: echo "\${{ github.head_ref }}"\n`), /has an expression/],
    [job('      - run: "true"\n', '    needs: b\n'), /no job/],
    [job(`      - name: "\${{ matrix.os }}"\n        run: "true"\n`), /no os in its matrix/],
    ['jobs:\n  a:\n    runs-on: x\n    timeout-minutes: 1\n', /permissions are those of the repository/],
    ['permissions: {}\njobs:\n  a:\n    runs-on: x\n', /no timeout/],
    ['permissions: {}\njobs:\n  a:\n    uses: ./.github/workflows/none.yml\n', /no file/],
  ];
  for (const [text, fault] of broken) {
    it(`a workflow is not sound with: ${fault.source}`, () => {
      const faults = faultsOf(text, load(text) as Workflow);
      assert.equal(faults.length, 1, faults.join('\n'));
      assert.match(faults[0] ?? '', fault);
    });
  }

  it('a version is published by a tag alone, after the tests, by jobs that a person approves', () => {
    const release = workflows.find(({ name }) => name === 'release.yml')?.content;
    assert.ok(release);
    assert.deepEqual(Object.keys(release.on), ['push']);
    assert.deepEqual(Object.keys(release.on.push as object), ['tags']);
    assert.deepEqual(release.permissions, {});
    const earlier = (id: string): string[] =>
      [release.jobs[id]?.needs ?? []].flat().flatMap((one) => [one, ...earlier(one)]);
    const publishing = Object.entries(release.jobs).filter(([, { permissions, steps }]) => {
      const commands = (steps ?? []).map(({ run }) => run ?? '').join('\n');
      return Object.values(permissions ?? {}).includes('write') || /publish|release create/.test(commands);
    });
    assert.deepEqual(
      publishing.map(([id]) => id),
      ['release', 'npm', 'marketplace'],
    );
    for (const [id, { environment }] of publishing) {
      assert.ok(earlier(id).includes('test'), `${id} does not wait for the tests`);
      assert.equal(environment, id);
    }
    const others = workflows.filter(({ name }) => name !== 'release.yml');
    for (const { name, text } of others) assert.ok(!/: write|publish/.test(text), `${name} may publish`);
  });

  it('the tests run on the three systems that the README promises', () => {
    const ci = workflows.find(({ name }) => name === 'ci.yml')?.content;
    const systems = (ci?.jobs.systems?.strategy?.matrix.os ?? []).map((os) => String(os).replace(/-.*/, ''));
    assert.deepEqual(systems.sort(), ['macos', 'ubuntu', 'windows']);
    const commands = Object.values(ci?.jobs ?? {}).map(({ steps }) =>
      (steps ?? []).some(({ run }) => run?.startsWith('.ci/run')),
    );
    assert.deepEqual(commands, [true, true], 'every job runs .ci/run');
  });
});

describe('issue forms', () => {
  const forms = join(root, '.github', 'ISSUE_TEMPLATE');
  for (const name of readdirSync(forms).filter((one) => one !== 'config.yml')) {
    it(`${name} has a name, a description and fields of their own`, () => {
      const form = load(readFileSync(join(forms, name), 'utf8')) as {
        name: string;
        description: string;
        body: Array<{ type: string; id?: string; attributes: { label?: string; value?: string } }>;
      };
      assert.ok(form.name.length > 0 && form.description.length > 0);
      const fields = form.body.filter(({ type }) => type !== 'markdown');
      assert.ok(fields.every(({ id, attributes }) => id !== undefined && attributes.label !== undefined));
      assert.equal(new Set(fields.map(({ id }) => id)).size, fields.length);
    });
  }

  it('the form of a fault asks for Copy Diagnostics by the name that the editor shows', () => {
    const titles = JSON.parse(readFileSync(join(root, 'package.nls.json'), 'utf8'));
    const text = readFileSync(join(forms, 'bug.yml'), 'utf8');
    assert.ok(text.includes(`grafOS: ${titles['command.diagnostics.copy']}`));
  });
});
