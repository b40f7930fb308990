use crate::host;
use std::alloc::{GlobalAlloc, Layout, System};

/// The system's allocator, which reports to the cell when it has no room.
///
/// The report is a label, by which a trap that follows ends the run as `out_of_memory`. A tasklet
/// that
/// goes on without the memory, as after `Vec::try_reserve`, is not affected.
struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

// Safety: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        checked(System.alloc(layout), layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        checked(System.alloc_zeroed(layout), layout.size())
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        checked(System.realloc(block, layout, size), size)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        System.dealloc(block, layout);
    }
}

fn checked(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() {
        report(size);
    }
    block
}

/// Writes the label `out_of_memory_<bytes>` without the heap, which has no room for it.
#[cold]
fn report(size: usize) {
    let mut label = *b"out_of_memory_0000000000";
    let mut end = 14;
    let mut divisor = 1;
    while size / divisor >= 10 {
        divisor *= 10;
    }
    while divisor > 0 {
        label[end] = b'0' + (size / divisor % 10) as u8;
        end += 1;
        divisor /= 10;
    }
    if let Ok(label) = std::str::from_utf8(&label[..end]) {
        host::fail(label);
    }
}
