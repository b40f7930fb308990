//! A stand-in for the cell when a tasklet's own tests run on the host. Each test thread has a cell
//! of its own.

use std::cell::RefCell;

#[derive(Default)]
struct Cell {
    context: Vec<u8>,
    memory: Option<Vec<u8>>,
    log: Vec<(i32, String)>,
    clock: i64,
    random: u64,
}

thread_local! {
    static CELL: RefCell<Cell> = RefCell::new(Cell::default());
}

fn with<Answer>(use_it: impl FnOnce(&mut Cell) -> Answer) -> Answer {
    CELL.with(|cell| use_it(&mut cell.borrow_mut()))
}

/// Sets the JSON that [`crate::context`] reads from now on.
pub fn set_context(json: &str) {
    with(|cell| cell.context = json.as_bytes().to_vec());
}

/// Leases fabric memory of a number of bytes, all zero; `None` ends the lease.
pub fn lease(bytes: Option<usize>) {
    with(|cell| cell.memory = bytes.map(|size| vec![0; size]));
}

/// The time [`crate::clock`] tells first; each call adds one nanosecond.
pub fn set_clock(unix_nanos: i64) {
    with(|cell| cell.clock = unix_nanos);
}

/// Starts the random numbers anew. They are not those of a cell.
pub fn set_seed(seed: u64) {
    with(|cell| cell.random = seed);
}

/// The lines logged since the last call: level (0 error … 4 trace) and text.
pub fn take_log() -> Vec<(i32, String)> {
    with(|cell| std::mem::take(&mut cell.log))
}

pub(crate) mod stand_in {
    use super::with;

    const UNSUPPORTED: i32 = -5;
    const CAPACITY_EXCEEDED: i32 = -4;

    pub fn read_blob(_handle: i32, _length: i32) -> Vec<u8> {
        with(|cell| cell.context.clone())
    }

    pub fn write_output(_bytes: &[u8]) -> i32 {
        UNSUPPORTED
    }

    pub fn fail(_label: &str) {}

    pub fn clock_unix_nanos() -> i64 {
        with(|cell| {
            cell.clock += 1;
            cell.clock
        })
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    pub fn random_fill(bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let word = with(|cell| {
                cell.random = cell.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mixed = (cell.random ^ (cell.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                mixed ^ (mixed >> 31)
            });
            chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
        }
    }

    pub fn log(level: i32, text: &str) {
        with(|cell| cell.log.push((level, text.to_string())));
    }

    pub fn fbmu_hello() -> i64 {
        with(|cell| cell.memory.as_ref().map_or(i64::from(UNSUPPORTED), |memory| memory.len() as i64))
    }

    pub fn fbmu_read(offset: i64, into: &mut [u8]) -> i32 {
        window(offset, into.len(), |bytes| into.copy_from_slice(bytes))
    }

    pub fn fbmu_write(offset: i64, bytes: &[u8]) -> i32 {
        window(offset, bytes.len(), |memory| memory.copy_from_slice(bytes))
    }

    fn window(offset: i64, length: usize, use_it: impl FnOnce(&mut [u8])) -> i32 {
        with(|cell| {
            let memory = match &mut cell.memory {
                Some(memory) => memory,
                None => return UNSUPPORTED,
            };
            let place = usize::try_from(offset).ok().and_then(|start| Some(start..start.checked_add(length)?));
            match place.and_then(|place| memory.get_mut(place)) {
                Some(bytes) => {
                    use_it(bytes);
                    0
                }
                None => CAPACITY_EXCEEDED,
            }
        })
    }
}
