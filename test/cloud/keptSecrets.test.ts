import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority } from '../../toolchain/trust/authority.ts';
import { awsModelsMissing } from '../fakeCloud/awsModel.ts';
import { debianMachinesMissing } from '../fakeCloud/debianRoot.ts';
import { AWS_SECRET } from '../fakeCloud/signature.ts';
import { silentMachine } from '../fakeCloud/silentMachine.ts';
import { type CloudSetup, cloudSetup } from '../helpers/cloudSetup.ts';
import { foundIn, keyForms, keysIn, type SecretForm, textForms } from '../helpers/keyMaterial.ts';
import { destroyed, makeUntilKey } from '../helpers/madeUntilKey.ts';

const missing = debianMachinesMissing() ?? awsModelsMissing();

describe('the search for key material', () => {
  it('finds a key in every form, wherever it begins', () => {
    const { keyPem } = createAuthority({ name: 'a', days: 1 }).issue({ role: 'tenant', name: 'acme', days: 1 });
    const secrets = keyForms('key', keyPem);
    const der = Buffer.from(keyPem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
    for (let before = 0; before < 4; before += 1) {
      const around = (bytes: Buffer) => Buffer.concat([Buffer.alloc(before, 'x'), bytes, Buffer.alloc(5, 'y')]);
      const hidden = {
        PEM: around(Buffer.from(keyPem)),
        DER: around(der),
        'base64 of PEM': Buffer.from(around(Buffer.from(keyPem)).toString('base64')),
        'base64 of DER': Buffer.from(around(der).toString('base64url')),
        'hex of DER': Buffer.from(around(der).toString('hex')),
      };
      for (const [form, bytes] of Object.entries(hidden)) assert.notDeepEqual(foundIn(bytes, secrets), [], form);
    }
    assert.deepEqual(foundIn(Buffer.from('nothing of it'), secrets), []);
  });
});

for (const provider of ['aws', 'gcp'] as const) {
  describe(`the secrets of a laptop with an account at ${provider}${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
    before(function () {
      if (missing !== undefined) this.skip();
    });

    it('are in no request, no note and no output, from a plan to the end of a cell', async function () {
      this.timeout(120_000);
      await using setup = await cloudSetup({ startMachine: silentMachine, lagMs: 50, stepMs: 5 });
      const of = [provider, '--name', 'edge', '--json'];
      await setup.run(['cloud', 'provision', ...of, '--plan']);
      assert.equal(await makeUntilKey(setup, provider, () => undefined), 'whole');
      for (const command of ['status', 'list'] as const)
        await setup.run(['cloud', command, ...(command === 'list' ? [provider] : []), '--json']);
      // A refusal and a debugging run tell more than others.
      await setup.run(['cloud', 'provision', ...of], { env: { GRAFOS_DEBUG: '1' } });
      const notes = notesOf(setup);
      await destroyed(setup, provider);

      const keys = keysIn(join(setup.env.XDG_STATE_HOME ?? '', 'grafos/cell-keys', `${provider}-edge`));
      const names = new Set(keys.map((one) => one.of.split(',')[0]));
      assert.equal(names.size, 3, [...names].join());
      const secrets: SecretForm[] = [...keys, ...textForms('the secret of aws', AWS_SECRET)];
      const places = {
        requests: Buffer.concat(setup.cloud.sent),
        notes: Buffer.from(notes),
        outputs: Buffer.from(setup.shown.join('\n')),
      };
      for (const [place, bytes] of Object.entries(places)) {
        assert.ok(bytes.length > 200, `${place}: ${bytes.length} bytes`);
        assert.deepEqual(foundIn(bytes, secrets), [], place);
      }
    });
  });
}

/** All text of the program's notes on cells. */
function notesOf({ program }: CloudSetup): string {
  const cwd = join(program.path, '.grafos');
  return globSync('**/*.json', { cwd })
    .map((name) => readFileSync(join(cwd, name), 'utf8'))
    .join('\n');
}
