import { fail as hostFail } from "./host";
import { encodeUtf8 } from "./utf8";

let isFailed: bool = false;

/**
 * Ends the run as `tasklet_failed` with `label` once `compute` returns: AssemblyScript has no
 * exceptions, so write `return fail("empty_append")`.
 *
 * The value given back is empty (no bytes, an empty text, 0, false, null) and is never written to
 * the output. In `compute` the type need not be given when it returns `Uint8Array`; write
 * `fail<string>(…)` where a text is returned, `fail<i32>(…)` and so on in helpers, whose caller
 * asks {@link failed}. The first label counts.
 */
export function fail<T = Uint8Array>(label: string): T {
  if (!isFailed) {
    isFailed = true;
    const bytes = encodeUtf8(label);
    hostFail(changetype<usize>(bytes), bytes.byteLength);
  }
  if (isString<T>()) return changetype<T>("");
  if (isReference<T>()) {
    if (isNullable<T>()) return changetype<T>(0);
    if (idof<T>() == idof<Uint8Array>()) return changetype<T>(new Uint8Array(0));
    ERROR("fail<T> wants T to be Uint8Array, string, a number, bool, or a class that may be null");
  }
  return <T>0;
}

/** True once {@link fail} was called in this run. */
export function failed(): bool {
  return isFailed;
}
