import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assemblyScriptTemplate } from '../../toolchain/newProgram/assemblyScriptTemplate.ts';

const cookbook = join(import.meta.dirname, '..', '..', 'cookbook');

describe('recipes in AssemblyScript', () => {
  const recipes = readdirSync(cookbook).filter((recipe) => {
    const tasklets = join(cookbook, recipe, 'tasklets');
    return existsSync(tasklets) && readdirSync(tasklets).some((file) => file.endsWith('.ts'));
  });

  it('have the tsconfig.json of a new program, so that the editor finds no false errors in them', () => {
    assert.ok(recipes.length > 5, recipes.join(', '));
    const expected = assemblyScriptTemplate('any').get('tsconfig.json');
    for (const recipe of recipes)
      assert.equal(readFileSync(join(cookbook, recipe, 'tsconfig.json'), 'utf8'), expected, recipe);
  });
});
