import { context, fail, Json } from "grafos-std";

const MODULE_VERSION = "0.1.0";
const INPUT_MAX = 64 * 1024;

/** Says where it ran, as the cell has it: the same module, byte for byte, on every provider. */
export function compute(input: Uint8Array): Uint8Array {
  if (input.length > INPUT_MAX) return fail("invalid_input");
  const request = Json.parse(input);
  if (!request.isObject) return fail("invalid_input");
  const provider = request.get("provider");
  const echo = request.get("echo");
  if (!isText(provider) || !isText(echo) || !isText(request.get("cell_id")) || !isText(request.get("region"))) {
    return fail("invalid_input");
  }
  if (provider.asString().length == 0) return fail("missing_provider");

  const cell = context();
  const ranOn = Json.object()
    .set("provider", cell.get("provider"))
    .set("cell_id", cell.get("cell_id"))
    .set("region", cell.get("region"));
  return Json.object()
    .set("ran_on", ranOn)
    .set("echo_len", Json.ofInteger(String.UTF8.byteLength(echo.asString())))
    .set("module_version", Json.ofString(MODULE_VERSION))
    .toBytes();
}

/** True for a text. A missing one counts as empty. */
function isText(json: Json): bool {
  return json.isString || !json.exists;
}
