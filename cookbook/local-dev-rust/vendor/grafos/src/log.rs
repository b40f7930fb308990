use crate::host;

/// Writes a line to the run's log (`run.log`: 64 KiB a run, then cut off and marked).
pub fn error(text: &str) {
    host::log(0, text);
}

/// As [`error`], level warn.
pub fn warn(text: &str) {
    host::log(1, text);
}

/// As [`error`], level info.
pub fn info(text: &str) {
    host::log(2, text);
}

/// As [`error`], level debug.
pub fn debug(text: &str) {
    host::log(3, text);
}

/// As [`error`], level trace.
pub fn trace(text: &str) {
    host::log(4, text);
}
