#!/usr/bin/env node
// This is old JavaScript on purpose. The file must run on any Node, to find the one that grafOS
// needs or to name it.
'use strict';

const wanted = [22, 15];
const ownFolder = __dirname.replace(/[\\/][^\\/]*$/, '');
const have = process.versions.node.split('.').map(Number);

if (have[0] > wanted[0] || (have[0] === wanted[0] && have[1] >= wanted[1])) {
  require('node:module').enableCompileCache(require('node:path').join(__dirname, '..', 'dist', '.compile-cache'));
  // A stack that somebody reports names the lines of the source.
  if (process.env.GRAFOS_DEBUG) process.setSourceMapsEnabled(true);
  try {
    require('../dist/cli/main.cjs');
  } catch (error) {
    const unbuilt = error.code === 'MODULE_NOT_FOUND' && String(error.message).includes('main.cjs');
    if (process.env.GRAFOS_DEBUG && !unbuilt) console.error(error);
    process.exitCode = 3;
    if (unbuilt) {
      say({
        code: 'installation_incomplete',
        message: 'grafos is not built yet.',
        why: 'Its folder has no dist/cli/main.cjs.',
        next: isCheckout() ? `Run \`npm run build\` in ${ownFolder}.` : 'Install grafos again.',
      });
    } else {
      say({
        code: 'installation_incomplete',
        message: 'grafos cannot be loaded.',
        why: String(error.message),
        next: 'Install grafos again.',
      });
    }
  }
} else {
  runOnOwnNode();
}

/** True in a checkout, where npm can bring a Node. A package from npm has no lock file. */
function isCheckout() {
  try {
    // A Node before 14.18 knows no `node:fs`.
    return require.resolve('../package-lock.json') !== '';
  } catch {
    return false;
  }
}

/**
 * Prints an error as the command prints its own: JSON on standard output where that was asked for.
 */
function say(error) {
  if (process.argv.indexOf('--json') >= 0) {
    process.stdout.write(`${JSON.stringify({ error: error }, null, 2)}\n`);
  } else {
    console.error(`error: ${error.message} [${error.code}]\n  why:  ${error.why}\n  next: ${error.next}`);
  }
}

/**
 * Runs the command on the Node of the npm package `node`, which is beside us. Its folder may not be
 * on the PATH of this shell.
 */
function runOnOwnNode() {
  let node;
  try {
    node = require.resolve(process.platform === 'win32' ? 'node/bin/node.exe' : 'node/bin/node');
  } catch {
    const least = `Node.js ${wanted.join('.')} or newer`;
    say({
      code: 'node_too_old',
      message: `grafos needs ${least}; this is ${process.version}.`,
      why: `It was started by ${process.execPath}.`,
      next: isCheckout()
        ? `Run \`npm ci\` in ${ownFolder}, which brings one, or install ${least}.`
        : `Install ${least} (https://nodejs.org), and run the command again with it.`,
    });
    process.exitCode = 3;
    return;
  }
  const child = require('node:child_process').spawn(node, [__filename].concat(process.argv.slice(2)), {
    // The channel tells the child when we are killed.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  // Ctrl-C reaches the child by itself; other signals reach only us. A second SIGINT would cut its
  // clean exit short. On Windows a kill is never polite, and the console signals every process in
  // it.
  ['SIGINT', 'SIGTERM', 'SIGHUP'].forEach((signal) => {
    process.on(signal, () => {
      if (process.platform !== 'win32') child.kill('SIGTERM');
    });
  });
  child.on('error', (error) => {
    say({
      code: 'installation_incomplete',
      message: `grafos could not start ${node}.`,
      why: error.message,
      next: isCheckout() ? `Run \`npm ci\` in ${ownFolder}.` : 'Install grafos again.',
    });
    process.exitCode = 3;
  });
  child.on('exit', (code, signal) => {
    if (signal) {
      ['SIGINT', 'SIGTERM', 'SIGHUP'].forEach((name) => {
        process.removeAllListeners(name);
      });
      process.kill(process.pid, signal);
    } else {
      process.exit(code);
    }
  });
}
