#!/usr/bin/env node
// This is old JavaScript on purpose. The file must run on any Node, to find the one that grafOS
// needs or to name it.
'use strict';

const wanted = [22, 15];
const have = process.versions.node.split('.').map(Number);

if (have[0] > wanted[0] || (have[0] === wanted[0] && have[1] >= wanted[1])) {
  require('node:module').enableCompileCache(require('node:path').join(__dirname, '..', 'dist', '.compile-cache'));
  // A stack that somebody reports names the lines of the source.
  if (process.env.GRAFOS_DEBUG) process.setSourceMapsEnabled(true);
  try {
    require('../dist/cli/main.cjs');
  } catch (error) {
    const unbuilt = error.code === 'MODULE_NOT_FOUND' && String(error.message).includes('main.cjs');
    console.error(
      unbuilt
        ? 'error: grafos is not built yet. Run `npm run build` in its folder.'
        : process.env.GRAFOS_DEBUG
          ? error
          : `error: grafos cannot be loaded: ${error.message}`,
    );
    process.exitCode = 3;
  }
} else {
  runOnOwnNode();
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
    console.error(
      'grafos needs Node.js ' +
        wanted.join('.') +
        ' or newer; this is ' +
        process.version +
        '.\n' +
        'Install a newer Node.js, or run `npm install` in the folder of grafos, which brings one.',
    );
    process.exit(3);
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
    console.error(`grafos could not start ${node}: ${error.message}`);
    process.exit(3);
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
