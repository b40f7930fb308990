import { RefusedError } from '../refused.ts';

/** The refusal of a body that {@link boundedBody} does not take. */
export function refusedBody(fault: 'length' | 'too_large', most: number): RefusedError {
  return fault === 'too_large'
    ? new RefusedError('body_too_large', `This body has at most ${most} bytes.`)
    : new RefusedError('bad_request', 'The body is not as long as announced.');
}
