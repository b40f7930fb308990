//! grafos_std: the published names of grafOS for Rust, over the crate [`grafos`]
//! (docs/guide/sdk.md).
//!
//! ```
//! use grafos_std::Output;
//!
//! #[grafos_std::tasklet]
//! pub fn local_dev(input: &[u8]) -> Output {
//!     Output::json([("input_bytes", input.len().into())])
//! }
//! # fn main() { assert_eq!(local_dev(b"abc").bytes(), b"{\"input_bytes\":3}"); }
//! ```

#![warn(missing_docs)]

pub use grafos::*;
pub use grafos_std_macros::tasklet;

#[doc(hidden)]
pub use grafos::tasklet as export_tasklet;
