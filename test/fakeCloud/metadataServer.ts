/**
 * The metadata server of a machine of GCP, run in the network namespace of the machine. It writes
 * each guest attribute that is set as a line of JSON on its standard output.
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const PREFIX = '/computeMetadata/v1/instance/guest-attributes/';

const server = createServer((request, response) => {
  void text(request).then((value) => {
    const isGoogle = request.headers['metadata-flavor'] === 'Google';
    if (!isGoogle || request.method !== 'PUT' || request.url?.startsWith(PREFIX) !== true) {
      response.writeHead(isGoogle ? 404 : 403).end();
      return;
    }
    process.stdout.write(`${JSON.stringify({ path: request.url.slice(PREFIX.length), value })}\n`);
    response.writeHead(200).end();
  });
});
server.listen(80, '169.254.169.254');
// It ends with the test that started it.
process.stdin.on('end', () => process.exit(0)).resume();
