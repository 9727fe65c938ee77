//! Writes a recording from a thread of its own: a slow disk never holds up a call.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use dialogue::{Input, Moment, Output, RECORDING_VERSION, RecordedLine, Settings};

use super::report::CallReport;
use crate::ports::{LISTEN_SAMPLE_RATE, PLAYOUT_SAMPLE_RATE};

/// Entries that may wait for the disk: some twenty seconds of a call.
const QUEUE: usize = 8192;
/// What was written reaches the disk this often, so that a crash loses little.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// Why a recording can't be made.
#[derive(Debug, thiserror::Error)]
#[error("recording to {}: {message}", path.display())]
pub struct RecordingError {
    path: PathBuf,
    message: String,
}

/// Whose sound it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// What the user sent, at the listening rate.
    Heard,
    /// What the agent sent, at the playout rate.
    Spoken,
}

enum Entry {
    Line(Box<RecordedLine>),
    Sound(Sound, Vec<i16>),
    End,
}

/// Takes what happens in a call. Clones write to the same recording.
#[derive(Clone)]
pub struct Recorder {
    entries: SyncSender<Entry>,
    lost: Arc<AtomicU64>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Recorder {
    /// Begins a recording in `directory`, which is made when it is not there. Files of an earlier recording are replaced.
    ///
    /// # Errors
    /// When a file can't be made.
    pub fn begin(directory: &Path, settings: &Settings) -> Result<Self, RecordingError> {
        let files = Files::create(directory)?;
        let (entries, queue) = sync_channel(QUEUE);
        let first = RecordedLine::Begun { version: RECORDING_VERSION, settings: Box::new(settings.clone()) };
        let failed = |message: String| RecordingError { path: directory.to_owned(), message };
        entries.try_send(Entry::Line(Box::new(first))).map_err(|error| failed(error.to_string()))?;
        let thread = std::thread::Builder::new()
            .name("recorder".into())
            .spawn(move || files.write(&queue))
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self { entries, lost: Arc::default(), thread: Arc::new(Mutex::new(Some(thread))) })
    }

    /// An input was fed to the dialogue.
    pub fn input(&self, at: Moment, input: &Input) {
        self.push(Entry::Line(Box::new(RecordedLine::Input { at, input: input.clone() })));
    }

    /// The dialogue gave an output.
    pub fn output(&self, output: &Output) {
        self.push(Entry::Line(Box::new(RecordedLine::Output { output: output.clone() })));
    }

    /// Mono samples were heard or sent.
    pub fn sound(&self, sound: Sound, samples: &[i16]) {
        self.push(Entry::Sound(sound, samples.to_vec()));
    }

    fn push(&self, entry: Entry) {
        match self.entries.try_send(entry) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                if self.lost.fetch_add(1, Ordering::Relaxed) == 0 {
                    tracing::warn!("the disk is too slow: this recording has holes, and can't be replayed");
                }
            }
            // The thread has reported why it stopped.
            Err(TrySendError::Disconnected(_)) => {}
        }
    }

    /// Writes what is left. Blocks for as long as the disk takes.
    pub fn finish(&self) {
        // A full queue empties: the thread reads until it is told to end, or has failed.
        let _ = self.entries.send(Entry::End);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::warn!("the recording could not be finished");
        }
    }
}

struct Files {
    directory: PathBuf,
    lines: BufWriter<File>,
    heard: hound::WavWriter<BufWriter<File>>,
    spoken: hound::WavWriter<BufWriter<File>>,
    report: CallReport,
}

impl Files {
    fn create(directory: &Path) -> Result<Self, RecordingError> {
        let failed = |path: &Path, message: String| RecordingError { path: path.to_owned(), message };
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|error| failed(directory, error.to_string()))?;
        let wav = |name: &str, sample_rate: u32| {
            let path = directory.join(name);
            let spec = hound::WavSpec {
                channels: 1,
                sample_rate,
                bits_per_sample: 16,
                sample_format: hound::SampleFormat::Int,
            };
            let file = private(&path).map_err(|error| failed(&path, error.to_string()))?;
            hound::WavWriter::new(BufWriter::new(file), spec).map_err(|error| failed(&path, error.to_string()))
        };
        let lines = directory.join("call.jsonl");
        Ok(Self {
            lines: BufWriter::new(private(&lines).map_err(|error| failed(&lines, error.to_string()))?),
            heard: wav("heard.wav", LISTEN_SAMPLE_RATE)?,
            spoken: wav("spoken.wav", PLAYOUT_SAMPLE_RATE)?,
            report: CallReport::default(),
            directory: directory.to_owned(),
        })
    }

    /// Writes until the end. A disk that fails ends the recording, not the call.
    fn write(mut self, queue: &Receiver<Entry>) {
        if let Err(message) = self.write_all(queue) {
            tracing::warn!(%message, "the recording broke off");
        }
    }

    fn write_all(&mut self, queue: &Receiver<Entry>) -> Result<(), String> {
        let text = |error: &dyn std::error::Error| error.to_string();
        let mut flushed = Instant::now();
        loop {
            if flushed.elapsed() >= FLUSH_EVERY {
                flushed = Instant::now();
                self.flush()?;
            }
            match queue.recv_timeout(FLUSH_EVERY) {
                Ok(Entry::Line(line)) => {
                    match line.as_ref() {
                        RecordedLine::Input { at, input } => self.report.input(*at, input),
                        RecordedLine::Output { output } => self.report.output(output),
                        RecordedLine::Begun { .. } => {}
                    }
                    serde_json::to_writer(&mut self.lines, &line).map_err(|error| text(&error))?;
                    self.lines.write_all(b"\n").map_err(|error| text(&error))?;
                }
                Ok(Entry::Sound(sound, samples)) => {
                    let wav = match sound {
                        Sound::Heard => &mut self.heard,
                        Sound::Spoken => &mut self.spoken,
                    };
                    for sample in samples {
                        wav.write_sample(sample).map_err(|error| text(&error))?;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Entry::End) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.flush()?;
        let report = private(&self.directory.join("report.json")).map_err(|error| text(&error))?;
        serde_json::to_writer_pretty(report, &self.report).map_err(|error| text(&error))
    }

    fn flush(&mut self) -> Result<(), String> {
        self.lines.flush().map_err(|error| error.to_string())?;
        self.heard.flush().map_err(|error| error.to_string())?;
        self.spoken.flush().map_err(|error| error.to_string())
    }
}

/// A file that only its owner can read.
fn private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}
