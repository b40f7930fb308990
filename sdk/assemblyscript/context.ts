import { contextHandle, contextLength } from "./contextBlob";
import { inputBytes } from "./entry";
import { Json } from "./json";

/**
 * Where and as what the tasklet runs: a JSON object with `program`, `tasklet`, `version`, `tenant`,
 * `run_id`, `provider`, `region`, `cell_id`, `mem_bytes`, `fuel` and `linear_memory_bytes`.
 *
 * Read anew at each call.
 */
export function context(): Json {
  return Json.parse(inputBytes(contextHandle, contextLength));
}
