//! Takes all memory, or all stack.

use std::hint::black_box;

use crate::Answer;

pub(crate) fn grow_doubling() -> Answer {
    hoard((16..).map(|power| 1 << power))
}

pub(crate) fn grow_by_pages() -> Answer {
    hoard(std::iter::repeat(60_000))
}

/// Takes and writes memory, so many bytes at a time, until it is refused.
fn hoard(sizes: impl Iterator<Item = usize>) -> Answer {
    let mut hoard = Vec::new();
    for size in sizes {
        hoard.push(black_box(vec![1_u8; size]));
    }
    Ok(hoard.len().to_string())
}

pub(crate) fn recurse() -> Answer {
    Ok(descend(1).to_string())
}

#[expect(unconditional_recursion, reason = "the deed")]
fn descend(n: u64) -> u64 {
    let frame = black_box([n; 64]);
    descend(n + 1) + frame[black_box(3)]
}
