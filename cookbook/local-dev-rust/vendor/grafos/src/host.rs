//! The host functions of `tasklet-profile-v0` (docs/reference/tasklet-abi.md), in the cell and, for
//! `cargo test`, on the host.

#[cfg(target_arch = "wasm32")]
mod cell {
    #[link(wasm_import_module = "grafos_tasklet_v0")]
    extern "C" {
        fn blob_read(handle: i32, offset: i32, destination: *mut u8, length: i32) -> i32;
        fn output_write(source: *const u8, length: i32) -> i32;
        #[link_name = "fail"]
        fn host_fail(label: *const u8, length: i32);
        #[link_name = "clock_unix_nanos"]
        fn host_clock() -> i64;
        #[link_name = "random_fill"]
        fn host_random(destination: *mut u8, length: i32);
        #[link_name = "log"]
        fn host_log(level: i32, source: *const u8, length: i32);
    }

    #[link(wasm_import_module = "fabricbios_fbmu_v0")]
    extern "C" {
        #[link_name = "fbmu_hello"]
        fn host_hello() -> i64;
        #[link_name = "fbmu_read"]
        fn host_read(offset: i64, destination: *mut u8, length: i32) -> i32;
        #[link_name = "fbmu_write"]
        fn host_write(offset: i64, source: *const u8, length: i32) -> i32;
    }

    // Safety of all below: the host reads and writes exactly the bytes that the call names, and
    // they are those of a live slice.

    pub fn read_blob(handle: i32, length: i32) -> Vec<u8> {
        let mut bytes = vec![0; length as usize];
        let read = unsafe { blob_read(handle, 0, bytes.as_mut_ptr(), length) };
        bytes.truncate(read.max(0) as usize);
        bytes
    }

    pub fn write_output(bytes: &[u8]) -> i32 {
        unsafe { output_write(bytes.as_ptr(), bytes.len() as i32) }
    }

    pub fn fail(label: &str) {
        unsafe { host_fail(label.as_ptr(), label.len() as i32) }
    }

    pub fn clock_unix_nanos() -> i64 {
        unsafe { host_clock() }
    }

    pub fn random_fill(bytes: &mut [u8]) {
        unsafe { host_random(bytes.as_mut_ptr(), bytes.len() as i32) }
    }

    pub fn log(level: i32, text: &str) {
        unsafe { host_log(level, text.as_ptr(), text.len() as i32) }
    }

    pub fn fbmu_hello() -> i64 {
        unsafe { host_hello() }
    }

    pub fn fbmu_read(offset: i64, into: &mut [u8]) -> i32 {
        unsafe { host_read(offset, into.as_mut_ptr(), into.len() as i32) }
    }

    pub fn fbmu_write(offset: i64, bytes: &[u8]) -> i32 {
        unsafe { host_write(offset, bytes.as_ptr(), bytes.len() as i32) }
    }
}

#[cfg(target_arch = "wasm32")]
pub use cell::*;

#[cfg(not(target_arch = "wasm32"))]
pub use crate::testing::stand_in::*;
