//! Reads what a worker prints, line by line, without trusting it: bounded length, no control characters.

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// The longest line kept, in bytes; the rest of a longer one is dropped.
const MAX_LINE_BYTES: usize = 8 * 1024;

/// What stands where the rest of a line was dropped.
const CUT: &str = " […]";

/// Calls `on_line` with every line that is not empty, until the end of the stream or an error.
pub(crate) async fn for_each_line(stream: impl AsyncRead + Unpin, mut on_line: impl FnMut(&str)) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    let mut cut = false;
    loop {
        let chunk = match reader.fill_buf().await {
            Ok(chunk) if !chunk.is_empty() => chunk,
            Ok(_) | Err(_) => break,
        };
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let part = &chunk[..end.unwrap_or(chunk.len())];
        let room = MAX_LINE_BYTES - line.len();
        cut |= part.len() > room;
        line.extend_from_slice(&part[..part.len().min(room)]);
        let consumed = end.map_or(chunk.len(), |end| end + 1);
        reader.consume(consumed);
        if end.is_some() {
            emit(&line, cut, &mut on_line);
            line.clear();
            cut = false;
        }
    }
    emit(&line, cut, &mut on_line);
}

/// Makes a line printable and hands it on.
fn emit(line: &[u8], cut: bool, on_line: &mut impl FnMut(&str)) {
    let text = String::from_utf8_lossy(line);
    let mut text: String = text
        .trim_end()
        .chars()
        .map(|character| match character {
            '\t' => ' ',
            other if other.is_control() => char::REPLACEMENT_CHARACTER,
            other => other,
        })
        .collect();
    if cut {
        text.push_str(CUT);
    }
    if !text.is_empty() {
        on_line(&text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for_each_line(bytes, |line| lines.push(line.to_owned())).await;
        lines
    }

    #[tokio::test]
    async fn lines_are_split_and_the_last_needs_no_end() {
        assert_eq!(lines(b"one\r\n\n two\nthree").await, ["one", " two", "three"]);
        assert!(lines(b"").await.is_empty());
    }

    #[tokio::test]
    async fn a_long_line_is_cut_and_the_next_one_is_whole() {
        let mut bytes = vec![b'x'; 3 * MAX_LINE_BYTES];
        bytes.extend_from_slice(b"\nnext\n");
        let lines = lines(&bytes).await;
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].len(), MAX_LINE_BYTES + CUT.len());
        assert_eq!(lines[1], "next");
    }

    #[tokio::test]
    async fn terminal_escapes_and_broken_text_are_defused() {
        assert_eq!(lines(b"\x1b[31mred\tx\xff\n").await, ["\u{fffd}[31mred x\u{fffd}"]);
    }
}
