import { fail, Json } from "grafos-std";

const INPUT_MAX = 64 * 1024;
/** Bytes of UTF-8. */
const MESSAGE_MAX = 1024;

/**
 * Answers one call. A refusal is an answer too: the run succeeds, and the caller reads `reason`.
 */
export function compute(input: Uint8Array): Uint8Array {
  if (input.length > INPUT_MAX) return fail("invalid_input");
  const request = Json.parse(input);
  const method = request.get("method");
  if (!method.isString) return fail("invalid_input");
  return answer(method.asString(), request.get("params").get("message")).toBytes();
}

function answer(method: string, message: Json): Json {
  if (method == "ping") return Json.object().set("pong", Json.ofBool(true));
  if (method != "echo" && method != "reverse") return refusal("method_not_supported");
  if (!message.isString) return refusal("invalid_params");
  const text = message.asString();
  if (String.UTF8.byteLength(text) > MESSAGE_MAX) return refusal("message_too_large");
  return Json.object().set("message", Json.ofString(method == "echo" ? text : reversed(text)));
}

function refusal(reason: string): Json {
  return Json.object().set("reason", Json.ofString(reason));
}

/** Reverses a text by its Unicode characters, so that a surrogate pair stays whole. */
function reversed(text: string): string {
  let result = "";
  for (let end = text.length; end > 0; ) {
    const isLow = (text.charCodeAt(end - 1) & 0xfc00) == 0xdc00;
    const isPair = isLow && end > 1 && (text.charCodeAt(end - 2) & 0xfc00) == 0xd800;
    const start = end - (isPair ? 2 : 1);
    result += text.substring(start, end);
    end = start;
  }
  return result;
}
