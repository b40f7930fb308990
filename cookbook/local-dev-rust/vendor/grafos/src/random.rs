use crate::host;

/// Random bytes of the run: good statistically, the same again in a replay, therefore no source of
/// secrets.
pub fn random_fill(bytes: &mut [u8]) {
    host::random_fill(bytes);
}

/// As [`random_fill`]: any 64 bits.
pub fn random_u64() -> u64 {
    let mut bytes = [0; 8];
    host::random_fill(&mut bytes);
    u64::from_le_bytes(bytes)
}
