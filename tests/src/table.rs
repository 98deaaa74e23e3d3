//! For suites whose README has a table of tests.

/// The names of all tests in a Rust file, by their attributes.
pub fn tests_in(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        }
        let line = line.strip_prefix("async ").unwrap_or(line);
        if let Some(function) = line.strip_prefix("fn ") {
            if is_test {
                names.push(function.split('(').next().unwrap_or(function));
            }
            is_test = false;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_found_by_their_attributes() {
        let text = "fn helper() {}\n#[test]\nfn one() {}\n#[tokio::test(start_paused = true)]\n#[expect(x)]\nasync fn two() -> R {}\nfn three() {}";
        assert_eq!(tests_in(text), ["one", "two"]);
    }
}
