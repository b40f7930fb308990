//! A backtracking matcher for a small language of patterns (literals, `.`, classes, `*`, `+`, `?`,
//! `^`, `$`), over text made of words.
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

static mut TEXT: [u8; 16_384] = [0; 16_384];

/// Bytes of the pattern's first element.
fn element(pattern: &[u8]) -> usize {
    match pattern[0] {
        b'[' => 1 + pattern.iter().position(|&byte| byte == b']').unwrap_or(0),
        b'\\' => 2,
        _ => 1,
    }
}

fn one(element: &[u8], byte: u8) -> bool {
    match element[0] {
        b'.' => byte != b'\n',
        b'\\' => element[1] == byte,
        b'[' => {
            let mut rest = &element[1..element.len() - 1];
            while !rest.is_empty() {
                if rest.len() >= 3 && rest[1] == b'-' {
                    if rest[0] <= byte && byte <= rest[2] {
                        return true;
                    }
                    rest = &rest[3..];
                } else {
                    if rest[0] == byte {
                        return true;
                    }
                    rest = &rest[1..];
                }
            }
            false
        }
        literal => literal == byte,
    }
}

/// Where a match that begins at `at` ends.
fn here(pattern: &[u8], text: &[u8], at: usize) -> Option<usize> {
    if pattern.is_empty() {
        return Some(at);
    }
    if pattern == b"$" {
        return if at == text.len() { Some(at) } else { None };
    }
    let length = element(pattern);
    let first = &pattern[..length];
    match pattern.get(length) {
        Some(&repeat) if repeat == b'*' || repeat == b'+' || repeat == b'?' => {
            let rest = &pattern[length + 1..];
            let most = if repeat == b'?' { 1 } else { usize::MAX };
            let least = if repeat == b'+' { 1 } else { 0 };
            let mut count = 0;
            while count < most && at + count < text.len() && one(first, text[at + count]) {
                count += 1;
            }
            loop {
                if count < least {
                    return None;
                }
                if let Some(end) = here(rest, text, at + count) {
                    return Some(end);
                }
                if count == 0 {
                    return None;
                }
                count -= 1;
            }
        }
        _ => {
            if at < text.len() && one(first, text[at]) {
                here(&pattern[length..], text, at + 1)
            } else {
                None
            }
        }
    }
}

fn count(pattern: &[u8], text: &[u8]) -> i32 {
    let (mut at, mut found) = (0, 0);
    while at <= text.len() {
        match here(pattern, text, at) {
            Some(end) if end > at => {
                found += 1;
                at = end;
            }
            _ => at += 1,
        }
    }
    found
}

/// Matches of five patterns in 16 KiB, n times.
#[no_mangle]
pub extern "C" fn run(n: i32) -> i32 {
    let text = unsafe { &mut *core::ptr::addr_of_mut!(TEXT) };
    let mut x: u32 = 1;
    for byte in text.iter_mut() {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = b"etaoin shrdlu .,0123456789@etaoin "[(x >> 24) as usize % 34];
    }
    let mut found = 0i32;
    for _ in 0..n {
        for pattern in [&b"[a-z]+@[a-z]+"[..], b"[0-9]+\\.[0-9]?", b"t.*e", b"s?h[a-e]*r", b"[aeiou][aeiou]+ "] {
            found = found.wrapping_add(count(pattern, text));
        }
    }
    found
}
