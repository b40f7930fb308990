import { log as hostLog } from "./host";
import { encodeUtf8 } from "./utf8";

function line(level: i32, text: string): void {
  const bytes = encodeUtf8(text);
  hostLog(level, changetype<usize>(bytes), bytes.byteLength);
}

/** The run's log (`run.log`): 64 KiB a run, then cut off and marked. */
export namespace log {
  export function error(text: string): void {
    line(0, text);
  }
  export function warn(text: string): void {
    line(1, text);
  }
  export function info(text: string): void {
    line(2, text);
  }
  export function debug(text: string): void {
    line(3, text);
  }
  export function trace(text: string): void {
    line(4, text);
  }
}
