import { type CancellationToken, LSPErrorCodes, ResponseError } from 'vscode-languageserver/node';

/** A request that was taken back before its turn came is not worked on. */
export function unlessCancelled<Params, Answer>(answer: (params: Params) => Answer) {
  return (params: Params, token: CancellationToken): Answer | ResponseError<void> =>
    token.isCancellationRequested
      ? new ResponseError(LSPErrorCodes.RequestCancelled, 'The request was cancelled.')
      : answer(params);
}
