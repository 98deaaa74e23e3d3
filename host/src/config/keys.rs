//! The master key in a file, for hosts on which nobody can make one first.

use camino::Utf8Path;
use soloist_engine::KeyDigest;

use crate::failure::Usage;

/// Shorter ones can be guessed.
const KEY_CHARS_MIN: usize = 32;
/// No key is longer, and no other file may be read whole.
const KEY_BYTES_MAX: u64 = 1024;

/// The digest of the key that a file holds.
pub(super) fn master(file: &Utf8Path) -> Result<KeyDigest, Usage> {
    let unusable = |why: String| Usage(format!("master-key-file is {file}: {why}"));
    let length = std::fs::metadata(file)
        .map_err(|error| unusable(error.to_string()))?
        .len();
    if length > KEY_BYTES_MAX {
        return Err(unusable(format!(
            "it has {length} bytes, and a key has {KEY_BYTES_MAX} at most"
        )));
    }
    let text = std::fs::read_to_string(file).map_err(|error| unusable(error.to_string()))?;
    let key = text.trim();
    if key.chars().count() < KEY_CHARS_MIN {
        return Err(unusable(format!(
            "its key has less than {KEY_CHARS_MIN} characters: make one that nobody can guess, such as with `openssl rand -hex 32`"
        )));
    }
    if !key.chars().all(|c| c.is_ascii_graphic()) {
        return Err(unusable(
            "its key must be one word of printable ASCII, for it is sent in a header".to_owned(),
        ));
    }
    Ok(KeyDigest::of(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<KeyDigest, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        master(file.path().try_into().unwrap()).map_err(|usage| usage.0)
    }

    #[test]
    fn a_key_is_one_long_word() {
        let key = "k".repeat(32);
        assert_eq!(of(&key), Ok(KeyDigest::of(&key)));
        assert_eq!(of(&format!("\n {key} \r\n")), Ok(KeyDigest::of(&key)));
        for (text, part) in [
            ("", "less than 32"),
            (&key[1..], "less than 32"),
            (&format!("{key} {key}"), "one word"),
            (&"k".repeat(1025), "1025 bytes"),
        ] {
            let said = of(text).unwrap_err();
            assert!(said.contains(part), "{said}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let said = master("/no/such/file".into()).unwrap_err().0;
        assert!(said.contains("/no/such/file"), "{said}");
    }
}
