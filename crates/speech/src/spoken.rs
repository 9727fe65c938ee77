//! What a written word sounds like: markdown, links, emoji and signs become words, or nothing.
//!
//! Works on one written word at a time, so that word times can be told in the words as written. Numbers and
//! abbreviations are espeak-ng's affair.

/// Marks that shape the melody of a clause and are kept for it.
pub(crate) const MARKS: [char; 6] = [',', '.', '!', '?', ';', ':'];

/// The words to say for one written word, with their punctuation, separated by single spaces. Often the word itself; empty
/// for an emoji or a lone sign.
pub(crate) fn spoken_form(written: &str) -> String {
    let word = link_text(written).trim_matches(['*', '_', '~', '`', '#', '>', '|']);
    if let Some((address, tail)) = address(word) {
        let marks: String = tail.chars().filter(|c| MARKS.contains(c)).collect();
        return tidy(&format!("{}{marks}", speak_address(address)));
    }
    let word = money(word);
    let mut out = String::with_capacity(word.len() + 8);
    let mut before = None;
    let mut rest = word.chars().peekable();
    while let Some(c) = rest.next() {
        let after = rest.peek().copied();
        match c {
            '’' | '‘' | '\'' if is_inside(before, after) => out.push('\''),
            '-' if is_inside(before, after) => out.push('-'),
            '–' | '—' if is_digit(before) && is_digit(after) => out.push_str(" to "),
            '–' | '—' => out.push_str(", "),
            '…' => out.push_str(". "),
            '。' | '！' | '？' | '，' => out.push_str(match c {
                '。' => ". ",
                '！' => "! ",
                '？' => "? ",
                _ => ", ",
            }),
            '%' => out.push_str(" percent"),
            '&' => out.push_str(" and "),
            '+' => out.push_str(" plus "),
            '=' => out.push_str(" equals "),
            '@' => out.push_str(" at "),
            '°' => out.push_str(" degrees "),
            '€' => out.push_str(" euros "),
            '£' => out.push_str(" pounds "),
            '$' => out.push_str(" dollars "),
            // A sign of its own in front of a number; a hyphen elsewhere.
            '-' | '−' if before.is_none() && is_digit(after) => out.push_str("minus "),
            _ if c.is_alphanumeric() || MARKS.contains(&c) || is_combining(c) => out.push(c),
            _ => out.push(' '),
        }
        before = Some(c);
    }
    tidy(&out)
}

/// `[text](address)` is said as its text. The words of a longer text come one by one: `[see` … `here](address)`.
fn link_text(word: &str) -> &str {
    let word = word.strip_prefix('!').filter(|rest| rest.starts_with('[')).unwrap_or(word);
    match word.split_once("](") {
        Some((text, _)) => text.strip_prefix('[').unwrap_or(text),
        None => word,
    }
}

/// A web or mail address at the start of the word, and the punctuation behind it.
fn address(word: &str) -> Option<(&str, &str)> {
    let word = word.trim_start_matches(['(', '<', '"', '[']);
    let body = word.trim_end_matches(|c: char| MARKS.contains(&c) || ")>\"]/".contains(c));
    let is_web = body.contains("://") || body.starts_with("www.");
    let is_mail = body.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    (is_web || is_mail).then(|| (body, &word[body.len()..]))
}

/// Says the host and leaves out scheme, path and query: nobody can follow them by ear.
fn speak_address(address: &str) -> String {
    let host = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or(host);
    let host = host.strip_prefix("www.").unwrap_or(host);
    let spell = |c: char| match c {
        '.' => " dot ".to_owned(),
        '@' => " at ".to_owned(),
        _ if c.is_alphanumeric() => c.to_string(),
        _ => " ".to_owned(),
    };
    host.chars().map(spell).collect()
}

/// `$5` is said "5 dollars".
fn money(word: &str) -> String {
    for (sign, unit) in [('$', "dollars"), ('€', "euros"), ('£', "pounds")] {
        let Some(rest) = word.strip_prefix(sign).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) else {
            continue;
        };
        let amount = rest.trim_end_matches(|c: char| !c.is_alphanumeric());
        return format!("{amount} {unit}{}", &rest[amount.len()..]);
    }
    word.to_owned()
}

fn is_inside(before: Option<char>, after: Option<char>) -> bool {
    before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric)
}

fn is_digit(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_ascii_digit())
}

fn is_combining(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Single spaces, and no space in front of a mark.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() && !word.starts_with(MARKS) {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn written_signs_become_words_or_nothing() {
        let cases = [
            ("hello,", "hello,"),
            ("**bold**", "bold"),
            ("_so_", "so"),
            ("`code`", "code"),
            ("#", ""),
            ("-", ""),
            ("🙂", ""),
            ("great!🎉", "great!"),
            ("\u{201c}Yes,\u{201d}", "Yes,"),
            ("it’s", "it's"),
            ("well-known", "well-known"),
            ("wait—what?", "wait, what?"),
            ("hm…", "hm."),
            ("1990–1995", "1990 to 1995"),
            ("-5", "minus 5"),
            ("50%", "50 percent"),
            ("$3.50.", "3.50 dollars."),
            ("R&D", "R and D"),
            ("https://www.example.com/a?b=1,", "example dot com,"),
            ("[here](https://example.com).", "here"),
            ("(info@example.com)", "info at example dot com"),
            ("3.5", "3.5"),
            ("10:30", "10:30"),
            ("(really)", "really"),
            ("\u{1b}[31m", "31m"),
            ("café", "café"),
        ];
        for (written, spoken) in cases {
            assert_eq!(spoken_form(written), spoken, "{written}");
        }
    }
}
