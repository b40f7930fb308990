import type { Place } from '../../daemons/wire/place.ts';
import type { RunError } from '../../daemons/wire/runError.ts';
import type { RunResponse } from '../../daemons/wire/tenantApi.ts';

/** The response of a run, whose error has the places in the source where the run failed. */
export type PlacedResponse<Response extends RunResponse = RunResponse> = Omit<Response, 'error'> & {
  error: (RunError & { places?: Place[] }) | null;
};

/** Puts the places of a failed run into its error. Without places the response stays as it is. */
export function responseWithPlaces<Response extends RunResponse>(
  response: Response,
  places: Place[],
): PlacedResponse<Response> {
  return response.error === null || places.length === 0
    ? response
    : { ...response, error: { ...response.error, places } };
}
