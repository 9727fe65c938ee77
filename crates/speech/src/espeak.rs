//! Phonemes from espeak-ng, which runs as a process of its own.
//!
//! Its own process because its licence is GPL-3.0: it is never linked. One process serves call after call: without a
//! file argument it reads its standard input line by line and flushes after each line (`espeak-ng.c`, the loop over
//! `fgets` with a buffer of 1000 bytes). How many lines it answers with is its own affair, so every request is
//! followed by a mark, a line of raw phonemes that no text can produce.
//!
//! ```text
//!  stdin:  hello world⏎ [[ZNZN]]⏎        stdout:  həlˈoʊ wˈɜːld⏎ ʒŋʒŋ⏎
//! ```

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::SpeechError;

const ENGINE: &str = "espeak-ng";
/// Raw phonemes in espeak-ng's own notation; brackets never come from text, see [`one_line`].
const MARK: &str = "[[ZNZN]]\n";
const MARK_SPOKEN: &str = "ʒŋʒŋ";
/// Longer requests are refused: the process reads at most 999 bytes at a time.
const LONGEST_LINE: usize = 900;
/// A call takes 1 to 5 ms; this is for a machine that is swamped.
const DEADLINE: Duration = Duration::from_secs(2);

/// The espeak-ng process. Started anew when it has died; ended when this is dropped.
#[derive(Debug)]
pub struct Espeak {
    program: PathBuf,
    language: String,
    deadline: Duration,
    process: Option<Process>,
}

impl Espeak {
    /// Starts `espeak-ng` from the search path for a language that it knows, such as `en-us`.
    pub fn start(language: &str) -> Result<Self, SpeechError> {
        Self::start_program(Path::new("espeak-ng"), language)
    }

    /// Starts another build of espeak-ng.
    pub fn start_program(program: &Path, language: &str) -> Result<Self, SpeechError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '_');
        if language.is_empty() || language.len() > 40 || language.starts_with('-') || !language.chars().all(plain) {
            let message = format!("{language:?} is no language name; `espeak-ng --voices` lists them");
            return Err(SpeechError::Input { engine: ENGINE, message });
        }
        let mut this =
            Self { program: program.to_owned(), language: language.to_owned(), deadline: DEADLINE, process: None };
        this.ask("").map_err(|failure| this.explain(failure))?;
        Ok(this)
    }

    /// How `text` is pronounced: IPA with stress marks, one space between words, no punctuation. Empty when there is
    /// nothing to pronounce. At most 900 bytes; control characters and brackets count as spaces.
    pub fn phonemes(&mut self, text: &str) -> Result<String, SpeechError> {
        if text.len() > LONGEST_LINE {
            let message = format!("{} bytes of text in one call; at most {LONGEST_LINE} are taken", text.len());
            return Err(SpeechError::Input { engine: ENGINE, message });
        }
        let line = one_line(text);
        if line.is_empty() {
            return Ok(String::new());
        }
        let answer = match self.ask(&line) {
            // It may have been killed between two calls, or starved on a busy machine; a fresh process gets one more chance.
            Err(Failure::Ended | Failure::Late) => self.ask(&line),
            other => other,
        };
        let lines = answer.map_err(|failure| self.explain(failure))?;
        Ok(tidy(&lines.join(" ")))
    }

    fn ask(&mut self, line: &str) -> Result<Vec<String>, Failure> {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => Process::start(&self.program, &self.language)?,
        };
        let lines = process.ask(line, Instant::now() + self.deadline)?;
        // Kept only after a whole answer: anything left in the pipe would be taken for the next one.
        self.process = Some(process);
        Ok(lines)
    }

    fn explain(&self, failure: Failure) -> SpeechError {
        let program = self.program.display().to_string();
        match failure {
            Failure::Missing => SpeechError::Load {
                engine: ENGINE,
                path: program,
                message: "not found; install the Debian package `espeak-ng`".to_owned(),
            },
            Failure::NotStarted(error) => {
                SpeechError::Load { engine: ENGINE, path: program, message: error.to_string() }
            }
            Failure::Ended => SpeechError::Run {
                engine: ENGINE,
                message: format!(
                    "the process ended; does it know the language {:?}? `espeak-ng --voices`",
                    self.language
                ),
            },
            Failure::Late => SpeechError::Run {
                engine: ENGINE,
                message: format!("no answer within {} ms, twice", self.deadline.as_millis()),
            },
        }
    }
}

#[derive(Debug)]
enum Failure {
    Missing,
    NotStarted(std::io::Error),
    Ended,
    Late,
}

#[derive(Debug)]
struct Process {
    child: Child,
    /// Taken away only when the process is dropped.
    stdin: Option<ChildStdin>,
    lines: Option<Receiver<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Process {
    fn start(program: &Path, language: &str) -> Result<Self, Failure> {
        let kept = ["PATH", "HOME", "ESPEAK_DATA_PATH"].into_iter();
        let mut command = Command::new(program);
        command
            .args(["-q", "--ipa", "-v", language])
            // It needs none of our environment, which may hold secrets.
            .env_clear()
            .envs(kept.filter_map(|name| std::env::var_os(name).map(|value| (name, value))))
            .env("LC_ALL", "C.UTF-8");
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Result<Self, Failure> {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(|error| {
                match error.kind() {
                    std::io::ErrorKind::NotFound => Failure::Missing,
                    _ => Failure::NotStarted(error),
                }
            })?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let mut process = Self { child, stdin, lines: None, reader: None };
        if let Some(stdout) = stdout {
            let (sender, lines) = sync_channel(64);
            let thread = std::thread::Builder::new().name("espeak-ng".to_owned());
            process.reader = Some(thread.spawn(move || read_lines(stdout, &sender)).map_err(Failure::NotStarted)?);
            process.lines = Some(lines);
        }
        Ok(process)
    }

    /// The lines that answer one line. The request fits into the pipe, so that writing it never blocks.
    fn ask(&mut self, line: &str, deadline: Instant) -> Result<Vec<String>, Failure> {
        let (Some(stdin), Some(lines)) = (&mut self.stdin, &self.lines) else { return Err(Failure::Ended) };
        let request = if line.is_empty() { MARK.to_owned() } else { format!("{line}\n{MARK}") };
        stdin.write_all(request.as_bytes()).and_then(|()| stdin.flush()).map_err(|_| Failure::Ended)?;
        let mut answer = Vec::new();
        loop {
            match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line == MARK_SPOKEN => return Ok(answer),
                Ok(line) => answer.push(line),
                Err(RecvTimeoutError::Timeout) => return Err(Failure::Late),
                Err(RecvTimeoutError::Disconnected) => return Err(Failure::Ended),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stdin = None;
        // Killed rather than asked: it holds nothing worth saving, and a hung one would not listen.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.lines = None;
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

/// Passes lines on until the process ends or nobody takes them.
fn read_lines(stdout: ChildStdout, sender: &SyncSender<String>) {
    let mut stdout = BufReader::new(stdout);
    let mut bytes = Vec::new();
    while matches!(stdout.read_until(b'\n', &mut bytes), Ok(count) if count > 0) {
        if sender.send(String::from_utf8_lossy(&bytes).trim().to_owned()).is_err() {
            return;
        }
        bytes.clear();
    }
}

/// The text as one line that espeak-ng takes for nothing but text: no control characters, no `[[phonemes]]`, no markup.
fn one_line(text: &str) -> String {
    let safe = |c: char| if c.is_control() || "[]<>{}|\\".contains(c) { ' ' } else { c };
    text.chars().map(safe).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One space between words; without the marks `(en)` … `(fr)` around words of another language, ties and word joiners.
fn tidy(phonemes: &str) -> String {
    let mut depth = 0usize;
    let mut plain = String::with_capacity(phonemes.len());
    for c in phonemes.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '\u{200d}' | '\u{361}' | '_' => {}
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn english() -> Espeak {
        Espeak::start("en-us").expect("install the Debian package espeak-ng")
    }

    #[test]
    fn one_process_answers_call_after_call() {
        let mut espeak = english();
        let process = espeak.process.as_ref().unwrap().child.id();
        assert_eq!(espeak.phonemes("hello world").unwrap(), "həlˈoʊ wˈɜːld");
        assert_eq!(espeak.phonemes("well; yes... no").unwrap(), "wˈɛl jˈɛs nˈoʊ");
        assert_eq!(espeak.phonemes("how are you").unwrap(), "hˈaʊ ɑːɹ juː");
        assert_eq!(espeak.process.as_ref().unwrap().child.id(), process);
    }

    #[test]
    fn text_is_never_taken_for_commands_or_for_the_mark() {
        let mut espeak = english();
        let hostile =
            ["hello\n[[ZNZN]]\nworld", "[[ZNZN]]", "\0\u{1b}[31m", "-v fr", "<b>hi</b>", "ʒŋʒŋ", "", " \r\n ", "🙂"];
        for text in hostile {
            let answer = espeak.phonemes(text).unwrap();
            assert!(!answer.contains(['\n', '(', '[']), "{text:?}: {answer}");
            assert_eq!(espeak.phonemes("hello").unwrap(), "həlˈoʊ", "after {text:?}");
        }
        assert!(matches!(espeak.phonemes(&"x".repeat(901)), Err(SpeechError::Input { .. })));
        assert_eq!(espeak.phonemes(&"word ".repeat(180)).unwrap().split(' ').count(), 180);
    }

    #[test]
    fn a_killed_process_is_replaced() {
        let mut espeak = english();
        let process = &mut espeak.process.as_mut().unwrap().child;
        process.kill().unwrap();
        process.wait().unwrap();
        assert_eq!(espeak.phonemes("hello").unwrap(), "həlˈoʊ");
    }

    #[test]
    fn a_hung_process_is_given_up_at_the_deadline_and_replaced() {
        let mut espeak = english();
        let mut hung = Command::new("sh");
        hung.args(["-c", "while read -r line; do :; done"]);
        espeak.process = Some(Process::spawn(hung).unwrap());
        // A fresh process gets as long again: enough for a real one, however busy the machine.
        assert_eq!(espeak.phonemes("hello").unwrap(), "həlˈoʊ");
    }

    #[test]
    fn a_program_that_never_answers_is_given_up() {
        let mut espeak = english();
        let folder = tempfile::tempdir().unwrap();
        let (source, mute) = (folder.path().join("source"), folder.path().join("mute"));
        std::fs::write(&source, "#!/bin/sh\nwhile read -r line; do :; done\n").unwrap();
        // Another test that forks meanwhile holds what this process writes: "Text file busy". So another process writes it.
        let copied = Command::new("install").args(["-m", "700"]).args([&source, &mute]).status();
        assert!(copied.unwrap().success());
        (espeak.process, espeak.program, espeak.deadline) = (None, mute, Duration::from_millis(50));
        let error = espeak.phonemes("hello").unwrap_err();
        assert!(error.to_string().contains("no answer within 50 ms, twice"), "{error}");
    }

    #[test]
    fn a_missing_program_is_named_with_its_package() {
        let error = Espeak::start_program(Path::new("/nowhere/espeak-ng"), "en-us").unwrap_err();
        assert!(error.to_string().contains("install the Debian package `espeak-ng`"), "{error}");
    }

    #[test]
    fn an_unknown_or_odd_language_is_an_error() {
        assert!(matches!(Espeak::start("xx-none"), Err(SpeechError::Run { .. })));
        for odd in ["", "-q", "en us", "en;ls", "../x"] {
            assert!(matches!(Espeak::start(odd), Err(SpeechError::Input { .. })), "{odd}");
        }
    }
}
