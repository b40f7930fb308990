/// Halves a picture: width and height as little-endian u32, then RGBA, row by row. Each pixel of
/// the result is the mean of four, rounded half up. Odd last rows and columns are left out.
#[grafos_std::tasklet]
pub fn thumbnail_rust(input: &[u8]) -> Result<Vec<u8>, &'static str> {
    if input.len() < 8 {
        return Err("no_picture");
    }
    let (head, pixels) = input.split_at(8);
    let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let (width, height) = (word(0), word(4));
    if width < 2 || height < 2 || u128::from(width) * u128::from(height) * 4 != pixels.len() as u128 {
        return Err("no_picture");
    }
    let row_bytes = width as usize * 4;
    let mut output = Vec::with_capacity(8 + pixels.len() / 4);
    output.extend_from_slice(&(width / 2).to_le_bytes());
    output.extend_from_slice(&(height / 2).to_le_bytes());
    for rows in pixels.chunks_exact(row_bytes * 2) {
        let (upper, lower) = rows.split_at(row_bytes);
        half_row(upper, lower, &mut output);
    }
    Ok(output)
}

/// Appends the row between two rows. A pair of pixels takes 8 bytes of each.
fn half_row(upper: &[u8], lower: &[u8], output: &mut Vec<u8>) {
    let four_pixels = upper.len() / 16 * 16;
    for (above, below) in upper[..four_pixels].chunks_exact(16).zip(lower.chunks_exact(16)) {
        output.extend_from_slice(&mean_of_four(above, below));
    }
    let rest = upper[four_pixels..].chunks_exact(8).zip(lower[four_pixels..].chunks_exact(8));
    for (above, below) in rest {
        output.extend_from_slice(&mean_of_two(above, below));
    }
}

fn mean_of_two(above: &[u8], below: &[u8]) -> [u8; 4] {
    let mut mean = [0; 4];
    for (channel, byte) in mean.iter_mut().enumerate() {
        let sum = [above[channel], above[channel + 4], below[channel], below[channel + 4]];
        *byte = ((sum.into_iter().map(u16::from).sum::<u16>() + 2) >> 2) as u8;
    }
    mean
}

/// Two pixels from four of two rows.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
fn mean_of_four(above: &[u8], below: &[u8]) -> [u8; 8] {
    use core::arch::wasm32::*;

    assert!(above.len() == 16 && below.len() == 16);
    let mut mean = [0; 8];
    // SAFETY: both slices have 16 bytes and the array has 8; unaligned addresses are allowed.
    unsafe {
        let above = v128_load(above.as_ptr().cast());
        let below = v128_load(below.as_ptr().cast());
        let low = u16x8_add(u16x8_extend_low_u8x16(above), u16x8_extend_low_u8x16(below));
        let high = u16x8_add(u16x8_extend_high_u8x16(above), u16x8_extend_high_u8x16(below));
        let left = i64x2_shuffle::<0, 2>(low, high);
        let right = i64x2_shuffle::<1, 3>(low, high);
        let sum = u16x8_add(u16x8_add(left, right), u16x8_splat(2));
        let bytes = u8x16_narrow_i16x8(u16x8_shr(sum, 2), u16x8_splat(0));
        v128_store64_lane::<0>(bytes, mean.as_mut_ptr().cast());
    }
    mean
}

/// The same without SIMD, for tests on the host and for `features` without simd.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
fn mean_of_four(above: &[u8], below: &[u8]) -> [u8; 8] {
    let mut mean = [0; 8];
    mean[..4].copy_from_slice(&mean_of_two(above, below));
    mean[4..].copy_from_slice(&mean_of_two(&above[8..], &below[8..]));
    mean
}
