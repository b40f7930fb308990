import { log as hostLog } from "./host";
import { encodeUtf8 } from "./utf8";

function line(level: i32, text: string): void {
  const bytes = encodeUtf8(text);
  hostLog(level, changetype<usize>(bytes), bytes.byteLength);
}

/** The run's log (`run.log`): 64 KiB a run, then cut off and marked. */
export namespace log {
  /** Writes a line of level error to the log of the run (`run.log`): the work cannot be done. */
  export function error(text: string): void {
    line(0, text);
  }
  /**
   * Writes a line of level warn to the log of the run (`run.log`): something is odd, and the work
   * goes on.
   */
  export function warn(text: string): void {
    line(1, text);
  }
  /** Writes a line of level info to the log of the run (`run.log`). */
  export function info(text: string): void {
    line(2, text);
  }
  /** Writes a line of level debug to the log of the run (`run.log`). */
  export function debug(text: string): void {
    line(3, text);
  }
  /** Writes a line of level trace, the most detailed, to the log of the run (`run.log`). */
  export function trace(text: string): void {
    line(4, text);
  }
}
