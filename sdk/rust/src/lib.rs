//! grafos-std for Rust: what a tasklet is written with (docs/guide/sdk.md). No dependencies.
//!
//! ```
//! fn compute(input: &[u8]) -> Result<String, &'static str> {
//!     Ok(format!("{{\"input_bytes\":{}}}", input.len()))
//! }
//!
//! grafos::tasklet!(compute);
//! # fn main() { assert_eq!(compute(b"abc").unwrap(), "{\"input_bytes\":3}"); }
//! ```
//!
//! `compute` is an ordinary function, so `cargo test` runs it on the host, where [`testing`] takes
//! the place of the cell.

#![warn(missing_docs)]

#[cfg(all(target_arch = "wasm32", feature = "allocator"))]
mod allocator;
mod answer;
mod context;
mod entry;
mod fabric_memory;
mod host;
mod json;
mod json_reader;
mod json_writer;
mod log;
mod output;
mod random;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

pub use context::context;
pub use fabric_memory::{FabricMemory, HostError};
pub use json::{Json, JsonError};
pub use log::{debug, error, info, trace, warn};
pub use output::Output;
pub use random::{random_fill, random_u64};

#[doc(hidden)]
pub use entry::{finalize, init, run};

/// Nanoseconds since 1970-01-01T00:00:00Z. Deterministic: the run's recorded start plus one
/// nanosecond per unit of fuel used, so that a replay reads the same times.
pub fn clock() -> i64 {
    host::clock_unix_nanos()
}

/// Makes `compute` the tasklet of this crate: writes the exports of `tasklet-profile-v0`. Once in a
/// crate, whose type is `cdylib`.
///
/// `compute` takes `&[u8]` and gives `Output` or `Result<impl Into<Output>, &'static str>`. The
/// error is a snake_case label of at most 64 bytes.
#[macro_export]
macro_rules! tasklet {
    ($compute:path) => {
        #[cfg(target_arch = "wasm32")]
        #[no_mangle]
        pub extern "C" fn _grafos_tasklet_init(context: i32, length: i32) {
            $crate::init(context, length);
        }

        #[cfg(target_arch = "wasm32")]
        #[no_mangle]
        pub extern "C" fn _grafos_tasklet_run(input: i32, length: i32) -> i32 {
            $crate::run(input, length, $compute)
        }

        #[cfg(target_arch = "wasm32")]
        #[no_mangle]
        pub extern "C" fn _grafos_tasklet_finalize() {
            $crate::finalize();
        }
    };
}
