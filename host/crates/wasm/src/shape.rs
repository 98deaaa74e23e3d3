//! How deep a component is nested, seen before anything that takes memory or stack by that depth reads it.

use soloist_engine::ModuleError;

/// The magic number, the version and the layer.
const HEADER_BYTES: usize = 8;
const COMPONENT_SECTION: u8 = 4;
const TYPE_SECTION: u8 = 7;

/// The compiler takes memory by the square of this: 10,000 empty components in each other took 2 GB. Tools make one or two.
const COMPONENTS_MAX: usize = 100;
/// The parser takes stack by this: 1,200 overflowed 2 MiB, which ends the process. Tools make one or two.
const TYPES_MAX: usize = 200;

/// Refuses what is nested too deep. What cannot be read is left to the parser, which says why.
pub(crate) fn check(bytes: &[u8]) -> Result<(), ModuleError> {
    match find(bytes) {
        None => Ok(()),
        Some(Deep::Components) => Err(ModuleError(format!(
            "this component holds components that are nested more than {COMPONENTS_MAX} deep: put them side by side"
        ))),
        Some(Deep::Types) => Err(ModuleError(format!(
            "this component holds types that are nested more than {TYPES_MAX} deep: put them side by side"
        ))),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Deep {
    Components,
    Types,
}

/// Walks over the sections of a component and of those in it, as the parser does.
fn find(bytes: &[u8]) -> Option<Deep> {
    let mut ends = Vec::new();
    let mut at = HEADER_BYTES;
    while let Some(&section) = bytes.get(at) {
        while ends.last().is_some_and(|end| at >= *end) {
            ends.pop();
        }
        let (size, begin) = size(bytes, at + 1)?;
        let end = begin.checked_add(size)?;
        let body = bytes.get(begin..end)?;
        at = end;
        if section == COMPONENT_SECTION {
            ends.push(end);
            if ends.len() > COMPONENTS_MAX {
                return Some(Deep::Components);
            }
            at = begin + HEADER_BYTES;
        } else if section == TYPE_SECTION && nestings(body) > TYPES_MAX {
            return Some(Deep::Types);
        }
    }
    None
}

/// At least as many types as are nested in each other in this section: a declaration (1) of a component type (0x41) or an
/// instance type (0x42) is written so. Other bytes may look like one, but not hundreds.
fn nestings(types: &[u8]) -> usize {
    let pairs = types.windows(2);
    pairs
        .filter(|pair| matches!(pair, [1, 0x41 | 0x42]))
        .count()
}

/// A number of at most five times seven bits, and where it ends.
fn size(bytes: &[u8], begin: usize) -> Option<(usize, usize)> {
    let mut size = 0;
    for (index, &byte) in bytes.get(begin..)?.iter().take(5).enumerate() {
        size |= usize::from(byte & 0x7F) << (7 * index);
        if byte < 0x80 {
            return Some((size, begin + index + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"\0asm\x0D\0\x01\0";

    fn section(id: u8, body: &[u8]) -> Vec<u8> {
        let mut section = vec![id];
        let mut size = body.len();
        while size >= 0x80 {
            section.push(u8::try_from(size & 0x7F).unwrap() | 0x80);
            size >>= 7;
        }
        section.push(u8::try_from(size).unwrap());
        section.extend_from_slice(body);
        section
    }

    fn components(depth: usize) -> Vec<u8> {
        let mut component = HEADER.to_vec();
        for _ in 0..depth {
            component = [HEADER, &section(COMPONENT_SECTION, &component)].concat();
        }
        component
    }

    fn types(depth: usize) -> Vec<u8> {
        let types = [&[1][..], &[0x41, 1, 1].repeat(depth), &[0x41, 0]].concat();
        [HEADER, &section(TYPE_SECTION, &types)].concat()
    }

    #[test]
    fn what_is_nested_too_deep_is_found() {
        assert_eq!(find(&components(COMPONENTS_MAX)), None);
        assert_eq!(
            find(&components(COMPONENTS_MAX + 1)),
            Some(Deep::Components)
        );
        // The number of types, which is one, looks like a declaration of the first.
        assert_eq!(find(&types(TYPES_MAX - 1)), None);
        assert_eq!(find(&types(TYPES_MAX)), Some(Deep::Types));
        let inside = [HEADER, &section(COMPONENT_SECTION, &types(10_000))].concat();
        assert_eq!(find(&inside), Some(Deep::Types));
    }

    #[test]
    fn what_stands_side_by_side_is_not_nested() {
        let small = section(COMPONENT_SECTION, HEADER);
        assert_eq!(find(&[HEADER, &small.repeat(1_000)].concat()), None);
        let some = section(TYPE_SECTION, &[1, 0x41, 1, 1, 0x42, 0]);
        assert_eq!(find(&[HEADER, &some.repeat(1_000)].concat()), None);
    }

    #[test]
    fn what_cannot_be_read_is_left_to_the_parser() {
        let deep = components(1_000);
        for cut in [0, 8, 9, 10, deep.len() - 1] {
            assert_eq!(find(&deep[..cut]), None, "{cut}");
        }
        assert_eq!(
            find(&[HEADER, &[7, 0x80, 0x80, 0x80, 0x80, 0x80]].concat()),
            None
        );
    }
}
