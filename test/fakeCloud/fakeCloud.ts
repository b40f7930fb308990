import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { AwsService } from './awsService.ts';
import type { FailResource } from './awsStacks.ts';
import { ComputeService, type FailCompute, GCP_PROJECT, GCP_TOKEN } from './computeService.ts';
import type { Fault, RecordedCall } from './faults.ts';
import type { StartMachine } from './machine.ts';
import { CALLER_ADDRESS } from './machineNetwork.ts';
import { AWS_KEY_ID, AWS_SECRET, checkSignature } from './signature.ts';

export interface FakeCloudOptions {
  startMachine: StartMachine;
  /** Time after which a describe shows a change, milliseconds. */
  lagMs?: number;
  /** Time that each step of a resource of a stack takes, milliseconds. */
  stepMs?: number;
  failResource?: FailResource;
  failCompute?: FailCompute;
}

/** Clouds in one process, on loopback: what they are asked is recorded and checked. */
export class FakeCloud implements AsyncDisposable {
  readonly aws: AwsService;
  readonly gcp: ComputeService;
  readonly calls: RecordedCall[] = [];
  /** Every byte that any client sent, headers included. */
  readonly sent: Buffer[] = [];
  /** Decides what goes wrong at a call. */
  faultAt: (call: RecordedCall) => Fault | undefined = () => undefined;
  /** Ends the caller, for the faults that kill it. */
  killCaller: () => Promise<void> = async () => {};
  failResource: FailResource;
  failCompute: FailCompute;
  readonly #server = createServer((request, response) => {
    void this.#serve(request, response).catch((error) => {
      this.faults.push(error);
      response.destroy();
    });
  });
  /** Errors of the fake itself; a test expects none. */
  readonly faults: unknown[] = [];

  private constructor(options: FakeCloudOptions) {
    const {
      startMachine,
      lagMs = 200,
      stepMs = 40,
      failResource = () => undefined,
      failCompute = () => undefined,
    } = options;
    this.failResource = failResource;
    this.failCompute = failCompute;
    this.gcp = new ComputeService(startMachine, (collection, doing) => this.failCompute(collection, doing));
    this.aws = new AwsService(startMachine, (type, doing) => this.failResource(type, doing), { lagMs, stepMs });
  }

  /** Options of Node that lead a command's other requests to this cloud, and cut its writes. */
  static readonly nodeOptions = ['redirectFetch.ts', 'cutWrites.ts'].map(
    (file) => `--import=${new URL(file, import.meta.url).href}`,
  );

  static async start(options: FakeCloudOptions): Promise<FakeCloud> {
    const cloud = new FakeCloud(options);
    cloud.#server.listen(0, '127.0.0.1');
    await once(cloud.#server, 'listening');
    return cloud;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The environment in which the clouds' libraries find this cloud, and nothing else. */
  get environment(): NodeJS.ProcessEnv {
    return {
      AWS_ENDPOINT_URL: this.url,
      AWS_ACCESS_KEY_ID: AWS_KEY_ID,
      AWS_SECRET_ACCESS_KEY: AWS_SECRET,
      AWS_REGION: 'eu-central-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      GOOGLE_CLOUD_PROJECT: GCP_PROJECT,
      CLOUDSDK_COMPUTE_REGION: 'europe-west1',
      GRAFOS_FAKE_CLOUD: this.url,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.aws.stacks.settled();
    this.aws[Symbol.dispose]();
    this.gcp[Symbol.dispose]();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /**
   * The application default credentials for this cloud: an identity from elsewhere, exchanged for a
   * token at the address that the file names.
   *
   * @param subject a file with any text
   */
  googleCredentials(subject: string): string {
    return JSON.stringify({
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/fake/providers/fake',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${this.url}/token`,
      credential_source: { file: subject },
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    this.sent.push(Buffer.from(`${request.method} ${request.url}\n${request.rawHeaders.join('\n')}\n`), body);
    if (request.url === '/own-address') {
      response.end(`${CALLER_ADDRESS}\n`);
      return;
    }
    if (request.url === '/token') {
      const token = { access_token: GCP_TOKEN, token_type: 'Bearer', expires_in: 3600, issued_token_type: 'x' };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(token));
      return;
    }
    const answer = request.url?.startsWith('/gcp/')
      ? this.#google(request, body.toString('utf8'))
      : this.#amazon(request, body);
    if (answer.call === undefined) {
      response.writeHead(answer.refused.status, { 'content-type': answer.type }).end(answer.refused.body);
      return;
    }
    const { call, type } = answer;
    this.calls.push(call);
    const fault = this.faultAt(call);
    if (fault === 'kill-before') {
      await this.killCaller();
      response.destroy();
      return;
    }
    if (fault === 'error' || fault === 'throttle') {
      const { status, body: text } = answer.fault(fault);
      response.writeHead(status, { 'content-type': type }).end(text);
      return;
    }
    const { status, body: text, findings } = answer.act();
    call.findings.push(...findings);
    if (fault === 'kill-after') await this.killCaller();
    if (fault === 'lost' || fault === 'kill-after') {
      response.destroy();
      return;
    }
    response.writeHead(status, { 'content-type': type }).end(text);
  }

  #amazon(request: IncomingMessage, body: Buffer): Prepared {
    const type = 'text/xml';
    const number = this.calls.length + 1;
    const requestId = `fake-${number}`;
    const signed = checkSignature(request, body);
    if (typeof signed === 'string') {
      return { type, call: undefined, refused: { status: 403, body: this.aws.refusal('sts', signed, requestId) } };
    }
    const text = body.toString('utf8');
    return {
      type,
      call: { number, name: this.aws.nameOf(signed.service, text), findings: [] },
      fault: (fault) =>
        fault === 'error'
          ? { status: 500, body: this.aws.refusal(signed.service, 'InternalFailure', requestId) }
          : { status: 400, body: this.aws.refusal(signed.service, 'Throttling', requestId) },
      act: () => this.aws.answer(signed.service, text, requestId),
    };
  }

  #google(request: IncomingMessage, body: string): Prepared {
    const type = 'application/json';
    const number = this.calls.length + 1;
    const refusal = (status: number, reason: string) => ({
      status,
      body: JSON.stringify({ error: { code: status, message: reason, errors: [{ reason, message: reason }] } }),
    });
    const url = new URL(request.url ?? '', this.url);
    if (request.headers.authorization !== `Bearer ${GCP_TOKEN}`) {
      return { type, call: undefined, refused: refusal(401, 'authError') };
    }
    if (!url.pathname.startsWith(`/gcp/compute/v1/projects/${GCP_PROJECT}/`)) {
      return { type, call: undefined, refused: refusal(403, 'forbidden') };
    }
    const path = url.pathname.slice(`/gcp/compute/v1/projects/${GCP_PROJECT}/`.length);
    return {
      type,
      call: { number, name: `${request.method} ${path}`, findings: [] },
      fault: (fault) => (fault === 'error' ? refusal(503, 'backendError') : refusal(403, 'rateLimitExceeded')),
      act: () => {
        const { status, body: answer, findings } = this.gcp.answer(request.method ?? '', url, body);
        return { status, body: JSON.stringify(answer), findings };
      },
    };
  }
}

type Text = { status: number; body: string };

/** A request that was understood, and what answers it; or its refusal. */
type Prepared =
  | { type: string; call: undefined; refused: Text }
  | {
      type: string;
      call: RecordedCall;
      fault: (fault: 'error' | 'throttle') => Text;
      act: () => Text & { findings: string[] };
    };
