import { fail, Json } from "grafos-std";

const MODULE_VERSION = "0.1.0";
const INPUT_MAX = 64 * 1024;

/** Says back which cell it was told it runs on: the same module, byte for byte, on every provider. */
export function compute(input: Uint8Array): Uint8Array {
  if (input.length > INPUT_MAX) return fail("invalid_input");
  const request = Json.parse(input);
  if (!request.isObject) return fail("invalid_input");
  const provider = request.get("provider");
  const cell = request.get("cell_id");
  const region = request.get("region");
  const echo = request.get("echo");
  if (!isText(provider) || !isText(cell) || !isText(region) || !isText(echo)) return fail("invalid_input");
  if (provider.asString().length == 0) return fail("missing_provider");

  const ranOn = Json.object()
    .set("provider", provider)
    .set("cell_id", Json.ofString(cell.asString()))
    .set("region", Json.ofString(region.asString()));
  return Json.object()
    .set("ran_on", ranOn)
    .set("echo_len", Json.ofInteger(String.UTF8.byteLength(echo.asString())))
    .set("module_version", Json.ofString(MODULE_VERSION))
    .toBytes();
}

/** What is not given counts as empty. */
function isText(json: Json): bool {
  return json.isString || !json.exists;
}
