import { Json } from "grafos-std";

/** Bytes of a request. */
const REQUEST_MAX = 1024;

/** Answers one call. What is wrong with a call is a value as well: the run succeeds, and the caller reads `error`. */
export function compute(input: Uint8Array): Uint8Array {
  return answer(input).toBytes();
}

function answer(input: Uint8Array): Json {
  if (input.length > REQUEST_MAX) return refusal("request_too_large");
  const request = Json.parse(input);
  const method = request.get("method");
  if (!method.isString) return refusal("invalid_input");
  if (method.asString() == "echo") return request.has("params") ? request.get("params") : refusal("missing_params");
  return refusal("unknown_method");
}

function refusal(label: string): Json {
  return Json.object().set("error", Json.ofString(label));
}
