//! Rust source without its comments and literals, so that rules about code do not stumble over prose.

/// The same text with comments, strings and characters blanked out; line breaks stay where they are.
pub(super) fn without_prose(text: &str) -> String {
    let source: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < source.len() {
        let end = match &source[at..] {
            ['/', '/', ..] => line_comment(&source, at),
            ['/', '*', ..] => block_comment(&source, at),
            ['"', ..] => string(&source, at),
            ['r' | 'b' | 'c', ..] if !after_word(&source, at) => prefixed_string(&source, at),
            ['\'', ..] => character(&source, at),
            _ => at,
        };
        if end == at {
            code.push(source[at]);
            at += 1;
        } else {
            code.extend(source[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    code
}

fn after_word(source: &[char], at: usize) -> bool {
    at > 0 && is_word(source[at - 1])
}

/// Whether a character can be part of a name.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn line_comment(source: &[char], at: usize) -> usize {
    source[at..].iter().position(|c| *c == '\n').map_or(source.len(), |length| at + length)
}

fn block_comment(source: &[char], start: usize) -> usize {
    let mut depth = 0;
    let mut at = start;
    while at < source.len() {
        match &source[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] if depth == 1 => return at + 2,
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    source.len()
}

/// The end of a string that begins with a quote at `start`.
fn string(source: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < source.len() {
        match source[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    source.len()
}

/// The end of `r"…"`, `r#"…"#`, `b"…"`, `br"…"`, `c"…"`; `start` itself where none begins.
fn prefixed_string(source: &[char], start: usize) -> usize {
    let rest = &source[start..];
    let prefix = rest.iter().take_while(|c| matches!(c, 'r' | 'b' | 'c')).count();
    if prefix > 2 {
        return start;
    }
    let raw = rest[..prefix].contains(&'r');
    let hashes = rest[prefix..].iter().take_while(|c| **c == '#').count();
    if rest.get(prefix + hashes) != Some(&'"') || (hashes > 0 && !raw) {
        return start;
    }
    let quote = start + prefix + hashes;
    if !raw {
        return string(source, quote);
    }
    let closes = |at: usize| source[at] == '"' && source[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
    (quote + 1..source.len()).find(|at| closes(*at)).map_or(source.len(), |at| at + 1 + hashes)
}

/// The end of a character literal; `start` itself for a lifetime.
fn character(source: &[char], start: usize) -> usize {
    match &source[start..] {
        // An escape: up to the closing quote, which is not the escaped character itself.
        ['\'', '\\', _, rest @ ..] => {
            rest.iter().position(|c| *c == '\'').map_or(source.len(), |length| start + 3 + length + 1)
        }
        ['\'', _, '\'', ..] => start + 3,
        _ => start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_blanked_and_code_stays() {
        for (text, expected) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            ("f(\"x \\\" y\", z)", "f(        , z)"),
            ("r#\"a \" b\"# c", "           c"),
            ("br\"\\\" + b", "      + b"),
            ("['\"', '\\'', 'x'] + y", "[   ,     ,    ] + y"),
            ("fn a<'b>(c: &'b str)", "fn a<'b>(c: &'b str)"),
            ("bar\"x\"", "bar   "),
            ("\"a\nb\"", "  \n  "),
        ] {
            assert_eq!(without_prose(text), expected, "{text}");
        }
    }

    #[test]
    fn what_never_ends_is_blanked_to_the_end() {
        for text in ["\"abc", "/* abc", "r#\"abc", "'\\", "\"\\", "// abc"] {
            assert!(without_prose(text).trim().trim_matches(['\'', '\\']).is_empty(), "{text}");
        }
        assert_eq!(without_prose("\"unsafe"), "       ");
    }
}
