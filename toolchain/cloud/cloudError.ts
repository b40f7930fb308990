import { GrafosError } from '../../base/grafosError.ts';
import type { MakingProvider } from './cellCloud.ts';

/** The cause of a failed request, as the two clouds have it in common. */
export type CloudFault = 'no-credentials' | 'bad-credentials' | 'denied' | 'busy' | 'network' | 'refused';

const SIGN_IN: Record<MakingProvider, string> = {
  aws: 'Sign in as the tools of AWS do: aws sso login, or set AWS_PROFILE.',
  gcp: 'Sign in: gcloud auth application-default login',
};

/**
 * The error of a request to a cloud.
 *
 * @param doing the request, such as `CreateStack`
 * @param words the cloud's own
 */
export function cloudError(
  provider: MakingProvider,
  fault: CloudFault,
  doing: string,
  words: string,
  cause: unknown,
): GrafosError {
  const why = `${doing}: ${words}`;
  const retry = 'Run the command again: it goes on where it was.';
  switch (fault) {
    case 'no-credentials':
      return new GrafosError('cloud_credentials_missing', `There are no credentials for ${provider}.`, {
        why,
        next: SIGN_IN[provider],
        cause,
      });
    case 'bad-credentials':
      return new GrafosError('cloud_credentials_refused', `${provider} does not accept your credentials.`, {
        why,
        next: `They may have expired. ${SIGN_IN[provider]}`,
        cause,
      });
    case 'denied':
      return new GrafosError('cloud_access_denied', `Your account at ${provider} may not do this.`, {
        why,
        next: 'Ask who administers it for the right, or take another account. docs/guide/cloud-cells.md lists the rights.',
        cause,
      });
    case 'busy':
      return new GrafosError('cloud_busy', `${provider} is busy, or slows your requests down.`, {
        why,
        next: retry,
        cause,
      });
    case 'network':
      return new GrafosError('cloud_unreachable', `${provider} cannot be reached.`, {
        why,
        next: `Check the network and the name of the region. ${retry}`,
        cause,
      });
    case 'refused':
      return new GrafosError('cloud_refused', `${provider} refused a request.`, {
        why,
        next: retry,
        cause,
      });
  }
}

/** A resource that the cloud could not make or remove. */
export function resourceFailed(resource: string, why: string, next: string): GrafosError {
  return new GrafosError('resource_failed', `${resource} failed.`, { why, next });
}
