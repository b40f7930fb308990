import { GrafosError } from '../../../base/grafosError.ts';
import { type CloudFault, cloudError } from '../cloudError.ts';

const FAULTS: Array<[CloudFault, RegExp]> = [
  ['no-credentials', /^(?:CredentialsProviderError|TokenProviderError)$/],
  [
    'bad-credentials',
    /^(?:ExpiredToken|ExpiredTokenException|InvalidClientTokenId|AuthFailure|SignatureDoesNotMatch|UnrecognizedClientException|RequestExpired|InvalidAccessKeyId|MissingAuthenticationToken)$/,
  ],
  ['denied', /^(?:AccessDenied|AccessDeniedException|UnauthorizedOperation|OptInRequired)$/],
  [
    'busy',
    /^(?:Throttling|ThrottlingException|RequestLimitExceeded|TooManyRequestsException|ServiceUnavailable|InternalFailure|InternalError|Unavailable)$/,
  ],
  ['network', /^(?:TimeoutError|NetworkingError|ECONN\w+|ENOTFOUND|EAI_AGAIN|EPIPE|EHOSTUNREACH|ENETUNREACH)$/],
];

/**
 * Sends a request to AWS, and turns what fails into an error with advice.
 *
 * @param doing name of the request
 * @param known codes of AWS that the caller understands: they are answered by undefined
 * @throws {GrafosError} cloud_unreachable, cloud_busy, cloud_credentials_missing,
 *   cloud_credentials_refused, cloud_access_denied, cloud_refused, interrupted
 */
export async function awsCall<Answer>(
  doing: string,
  signal: AbortSignal,
  send: (options: { abortSignal: AbortSignal }) => Promise<Answer>,
  known: (code: string, words: string) => boolean = () => false,
): Promise<Answer | undefined> {
  signal.throwIfAborted();
  try {
    return await send({ abortSignal: signal });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GrafosError) throw error;
    const words = error instanceof Error ? error.message : String(error);
    const names = [nameOf(error), codeOf(error)];
    if (names.some((name) => known(name, words))) return undefined;
    const status = statusOf(error);
    const fault =
      FAULTS.find(([, pattern]) => names.some((name) => pattern.test(name)))?.[0] ??
      (status !== undefined && status >= 500 ? 'busy' : 'refused');
    throw cloudError('aws', fault, doing, words, error);
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('Code' in error) return String(error.Code);
  return 'code' in error ? String(error.code) : '';
}

function statusOf(error: unknown): number | undefined {
  const meta = error instanceof Error && '$metadata' in error ? error.$metadata : undefined;
  const status =
    typeof meta === 'object' && meta !== null && 'httpStatusCode' in meta ? meta.httpStatusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}
