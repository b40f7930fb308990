import type { RunError } from '../../daemons/protocol/runError.ts';
import type { RunResponse } from '../../daemons/protocol/tenantApi.ts';
import type { Place } from './place.ts';

/** The response of a run whose error says where in the source it was. */
export interface PlacedResponse extends RunResponse {
  error: (RunError & { places?: Place[] }) | null;
}

/** Puts the places of a failed run into its error; where there are none the response stays as it is. */
export function responseWithPlaces(response: RunResponse, places: Place[]): PlacedResponse {
  return response.error === null || places.length === 0
    ? response
    : { ...response, error: { ...response.error, places } };
}
