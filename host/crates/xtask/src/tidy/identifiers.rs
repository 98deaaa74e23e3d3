//! Words that our glossary has another word for, where they name something in code. Comments and texts may say them.

/// Only words that mean nothing else: `process`, `lock` or `job` have honest uses.
const BANNED: [(&str, &str); 6] = [
    ("workflow", "orchestration"),
    ("workflows", "orchestrations"),
    ("saga", "orchestration"),
    ("episode", "turn"),
    ("actor", "owner"),
    ("poller", "dispatcher"),
];

/// The line, the word and what we say, for each banned word in an identifier of `source`.
pub(super) fn banned(source: &str) -> impl Iterator<Item = (usize, &'static str, &'static str)> {
    code(source)
        .lines()
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
        .zip(1..)
        .flat_map(|(line, number)| {
            words(&line)
                .iter()
                .filter_map(|word| BANNED.iter().find(|(banned, _)| banned == word))
                .map(|(word, instead)| (number, *word, *instead))
                .collect::<Vec<_>>()
        })
}

/// The source with comments and literals blanked out, line by line as it was.
fn code(source: &str) -> String {
    let mut rest = source;
    let mut code = String::new();
    while let Some(next) = rest.chars().next() {
        let skipped = literal(rest);
        if skipped == 0 {
            code.push(next);
            rest = &rest[next.len_utf8()..];
        } else {
            code.push(' ');
            code.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
            rest = &rest[skipped..];
        }
    }
    code
}

/// The length of the comment or literal that `rest` begins with, or 0.
fn literal(rest: &str) -> usize {
    let until = |end: &str, from: usize| {
        rest[from..]
            .find(end)
            .map_or(rest.len(), |place| from + place + end.len())
    };
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return until("*/", 2);
    }
    if rest.starts_with('"') {
        return quoted(rest, '"');
    }
    // Not the `r` at the end of an identifier: the quote or hashes follow at once.
    if let Some(raw) = rest.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            return until(&format!("\"{}", "#".repeat(hashes)), hashes + 2);
        }
    }
    // A character, not a lifetime: closed after one character or an escape.
    let mut ahead = rest.chars();
    match (ahead.next(), ahead.next(), ahead.next()) {
        (Some('\''), Some('\\'), _) => quoted(rest, '\''),
        (Some('\''), Some(one), Some('\'')) => 2 + one.len_utf8(),
        _ => 0,
    }
}

/// The length of a literal with escapes that ends in `quote`.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (place, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return place + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// The words of all identifiers of a line: `SagaLog` and `saga_log` both have `saga`.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in line.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && !before.is_uppercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut()
            && c.is_alphanumeric()
        {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<(usize, &'static str)> {
        banned(source).map(|(line, word, _)| (line, word)).collect()
    }

    #[test]
    fn any_case_of_identifier_is_seen() {
        assert_eq!(
            found("struct SagaLog;\nfn next_saga() {}\nconst SAGA: u8 = 1;"),
            [(1, "saga"), (2, "saga"), (3, "saga")]
        );
    }

    #[test]
    fn comments_and_texts_may_say_it() {
        let source = r##"
            // a saga
            /* a saga */
            let text = "a \" saga"; let raw = r#"a " saga"#;
            let c = '"'; let l: &'static str = "saga";
        "##;
        assert_eq!(found(source), []);
    }

    #[test]
    fn code_after_a_text_is_code_again() {
        assert_eq!(found("let c = '\\''; let saga = r\"\";"), [(1, "saga")]);
        assert_eq!(found("\"two\nlines\"; let saga = 1;"), [(2, "saga")]);
    }

    #[test]
    fn other_words_are_not_accused() {
        assert_eq!(found("fn sagacious(factor: u8, workflowing: u8) {}"), []);
    }
}
