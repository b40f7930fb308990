use crate::{context, host, output::Output};

/// Behind `_grafos_tasklet_init`.
pub fn init(context: i32, length: i32) {
    context::remember(context, length);
    #[cfg(target_arch = "wasm32")]
    std::panic::set_hook(Box::new(|panic| {
        crate::log::error(&panic.to_string());
        // A panic is none of `out_of_memory`, also where an allocation failed before.
        host::fail("panic");
    }));
}

/// Behind `_grafos_tasklet_run`: 0, 1 after an error of `compute`, or a negative host status.
pub fn run<Answer: Into<Output>>(input: i32, length: i32, compute: fn(&[u8]) -> Result<Answer, &'static str>) -> i32 {
    match compute(&host::read_blob(input, length)) {
        Ok(answer) => host::write_output(answer.into().bytes()),
        Err(label) => {
            host::fail(label);
            1
        }
    }
}

/// Behind `_grafos_tasklet_finalize`.
pub fn finalize() {}
