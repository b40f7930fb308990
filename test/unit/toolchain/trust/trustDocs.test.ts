import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LIMITS } from '../../../../base/limits.ts';
import { packageRoot } from '../../../../base/packageRoot.ts';
import { PEER_REFUSAL_REASONS } from '../../../../daemons/peers/peerRefused.ts';
import { LEAF_DAYS_MAX, PEER_ROLES, ROLE_USAGES } from '../../../../daemons/wire/peerRole.ts';
import { REFUSAL_REASONS } from '../../../../daemons/wire/tenantApi.ts';
import { CA_DAYS_MAX } from '../../../../toolchain/trust/authority.ts';
import { writeDevTrust } from '../../../../toolchain/trust/devTrust.ts';

const page = readFileSync(join(packageRoot, 'docs', 'internals', 'security.md'), 'utf8');

describe('docs/internals/security.md', () => {
  it('names every reason to refuse a certificate or a token', () => {
    const reasons = [...PEER_REFUSAL_REASONS, ...REFUSAL_REASONS.filter((reason) => reason.startsWith('token_'))];
    for (const reason of reasons) assert.ok(page.includes(`\`${reason}\``), reason);
  });

  it('lists every role with the usages of its certificate', () => {
    for (const role of PEER_ROLES) {
      const usages = ROLE_USAGES[role].map((usage) => `${usage}Auth`).join(', ');
      assert.match(page, new RegExp(`^\\| \`${role}\` \\|[^|]+\\| ${usages} \\|`, 'm'));
    }
  });

  it('lists every file of the trust folder', () => {
    const root = mkdtempSync(join(tmpdir(), 'grafos-docs-'));
    try {
      writeDevTrust(join(root, 'trust'), { tenant: 't', cellId: 'c' });
      for (const name of readdirSync(join(root, 'trust'))) assert.ok(page.includes(`\`${name}\``), name);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('gives the limits that hold', () => {
    for (const limit of [`${LEAF_DAYS_MAX} days`, `${CA_DAYS_MAX} days`, `${LIMITS.tokenSeconds} s`]) {
      assert.ok(page.includes(limit), limit);
    }
  });
});
