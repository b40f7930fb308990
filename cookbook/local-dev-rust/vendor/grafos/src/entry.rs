use crate::{answer::Answer, context, host};

/// Behind `_grafos_tasklet_init`.
pub fn init(context: i32, length: i32) {
    context::remember(context, length);
    #[cfg(target_arch = "wasm32")]
    std::panic::set_hook(Box::new(|panic| {
        crate::log::error(&panic.to_string());
        // Replaces the label of a failed allocation: a panic does not end as `out_of_memory`.
        host::fail("panic");
    }));
}

/// Behind `_grafos_tasklet_run`: 0, or 1 after an error of `compute`. It is 0 also where the output
/// is past its bound: the cell then ends the run as `output_too_large`, which another result would
/// hide.
pub fn run<Given: Answer>(input: i32, length: i32, compute: fn(&[u8]) -> Given) -> i32 {
    match compute(&host::read_blob(input, length)).into_result() {
        Ok(output) => {
            host::write_output(output.bytes());
            0
        }
        Err(label) => {
            host::fail(label);
            1
        }
    }
}

/// Behind `_grafos_tasklet_finalize`.
pub fn finalize() {}
