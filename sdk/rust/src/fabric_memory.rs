use crate::host;

/// The answer of a host function in place of success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostError {
    /// The memory cannot be reached now.
    Disconnected,
    /// The lease ended.
    LeaseExpired,
    /// Another holder took the lease over.
    Fenced,
    /// The range leaves the lease.
    CapacityExceeded,
    /// The run has no lease, or the cell does not have this function.
    Unsupported,
    /// The cell took the lease back.
    Revoked,
    /// An input or output error, with its code.
    Io(i64),
}

impl HostError {
    fn from_status(status: i64) -> Self {
        match status {
            -1 => HostError::Disconnected,
            -2 => HostError::LeaseExpired,
            -3 => HostError::Fenced,
            -4 => HostError::CapacityExceeded,
            -5 => HostError::Unsupported,
            -6 => HostError::Revoked,
            code => HostError::Io(code),
        }
    }

    /// For `compute` to fail with.
    pub fn label(self) -> &'static str {
        match self {
            HostError::Disconnected => "disconnected",
            HostError::LeaseExpired => "lease_expired",
            HostError::Fenced => "fenced",
            HostError::CapacityExceeded => "capacity_exceeded",
            HostError::Unsupported => "unsupported",
            HostError::Revoked => "revoked",
            HostError::Io(_) => "io_error",
        }
    }
}

/// The fabric memory this run leases (`mem` in grafos.toml, `--mem`): outside linear memory, seen
/// by other holders of the lease.
pub struct FabricMemory;

impl FabricMemory {
    /// Size of the lease in bytes; `Unsupported` where there is none.
    pub fn size() -> Result<u64, HostError> {
        let size = host::fbmu_hello();
        u64::try_from(size).map_err(|_| HostError::from_status(size))
    }

    /// Fills `into` from `offset`. Nothing is read where the range leaves the lease.
    pub fn read(offset: u64, into: &mut [u8]) -> Result<(), HostError> {
        done(host::fbmu_read(offset as i64, into))
    }

    /// Writes all of `bytes` at `offset`. Nothing is written where the range leaves the lease.
    pub fn write(offset: u64, bytes: &[u8]) -> Result<(), HostError> {
        done(host::fbmu_write(offset as i64, bytes))
    }
}

fn done(status: i32) -> Result<(), HostError> {
    match status {
        0 => Ok(()),
        code => Err(HostError::from_status(i64::from(code))),
    }
}
