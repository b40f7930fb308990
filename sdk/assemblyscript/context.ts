import { blob_read } from "./host";
import { Json } from "./json";

let handle: i32 = 0;
let length: i32 = 0;

/** For the entry point: the blob that holds the init context. */
export function setContext(blob: i32, size: i32): void {
  handle = blob;
  length = size;
}

/**
 * Where and as what the tasklet runs: a JSON object with `program`, `tasklet`, `version`, `tenant`, `run_id`, `provider`, `region`, `cell_id`,
 * `mem_bytes`, `fuel` and `linear_memory_bytes`. Read anew at each call.
 */
export function context(): Json {
  const bytes = new Uint8Array(length);
  blob_read(handle, 0, bytes.dataStart, length);
  return Json.parse(bytes);
}
