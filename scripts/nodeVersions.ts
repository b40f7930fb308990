/**
 * `npm run test:nodes [-- NODE...]` makes the same deploys on several Node versions, by default 22,
 * 24 and 26 from npm.
 *
 * `response.json`, output and log must be the same bytes but for run id, time and cell id. The exit
 * code is 1 at any difference.
 */
import { compareNodeVersions } from '../test/helpers/nodeVersions.ts';

const nodes = process.argv.slice(2);
const { versions, differences } = await compareNodeVersions(nodes.length > 0 ? nodes : undefined);
for (const { name, runs } of versions) console.log(`${name}: ${runs} runs`);
for (const one of differences) console.log(`DIFFERS\n${one}`);
console.log(`${differences.length} differences`);
process.exitCode = differences.length === 0 ? 0 : 1;
