//! A stack whose worker records its calls, and what keeps the recording.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use testkit::process::find_workspace_binary;
use testkit::sfu::LivekitServer;
use testkit::stack::{Stack, StackOptions};
use testkit::stub_openai::{Plan, StubOpenAi};
use tokio::process::{Child, Command};

/// The identity of the participant that is another agent's voice and face.
pub const AVATAR: &str = "agent-avatar-recorded";
/// How often something is looked at that nothing announces.
pub const POLL: Duration = Duration::from_millis(50);
/// How long anything may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(90);
/// A call that did not hold what it should is made again, so often.
const ATTEMPTS: usize = 4;
/// A persona whose chat model is the stub's, so that every call says the same.
const PERSONA: &str = "name = \"Ava\"\ninstructions = \"You are a helpful voice assistant.\"\n\
                       greeting = \"Hello. How can I help you?\"\n[engines]\nllm = \"openai\"\n";
const NO_FACE: &str = "[face]\nenabled = false\n";

/// Everything that a recorded call needs.
pub struct Scene {
    pub stack: Stack,
    pub stub: StubOpenAi,
    folder: tempfile::TempDir,
}

impl Scene {
    /// With the persona that is built in, and every engine on this machine.
    pub async fn with_embedded_engines() -> Self {
        Self::start(None, Plan::default()).await
    }

    /// With these tables in the persona, and these answers.
    pub async fn begin(tables: &str, replies: &[&str]) -> Self {
        let face = if tables.contains("[face]") { "" } else { NO_FACE };
        let plan = Plan::default().chat(replies.iter().copied()).token_delay(Duration::from_millis(10));
        Self::start(Some(format!("{PERSONA}{face}{tables}")), plan).await
    }

    async fn start(persona: Option<String>, plan: Plan) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stub = StubOpenAi::start(plan).unwrap();
        let mut arguments = Vec::new();
        if let Some(text) = persona {
            let file = folder.path().join("persona.toml");
            std::fs::File::create(&file).unwrap().write_all(text.as_bytes()).unwrap();
            arguments = vec!["--persona".to_owned(), file.display().to_string()];
        }
        let environment = vec![
            ("VISAVIS_RECORDINGS".to_owned(), folder.path().join("calls").display().to_string()),
            ("OPENAI_BASE_URL".to_owned(), stub.base_url()),
            ("OPENAI_API_KEY".to_owned(), "test-key".to_owned()),
        ];
        let stack = Stack::start(StackOptions { arguments, environment, ..StackOptions::default() }).await.unwrap();
        Self { stack, stub, folder }
    }

    /// The recording of the only call, as far as it was written.
    pub fn recording(&self) -> Option<PathBuf> {
        let mut calls = std::fs::read_dir(self.folder.path().join("calls")).ok()?;
        let file = calls.next()?.ok()?.path().join("call.jsonl");
        assert!(calls.next().is_none(), "more than one call was recorded");
        Some(file)
    }

    /// Waits until so many lines of the recording hold this.
    pub async fn until(&self, part: &str, lines: usize) {
        let begun = Instant::now();
        let text = || self.recording().and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
        while text().lines().filter(|line| line.contains(part)).count() < lines {
            assert!(begun.elapsed() < DEADLINE, "no {lines} lines with {part}:\n{}\n{}", text(), self.stack.log());
            tokio::time::sleep(POLL).await;
        }
    }

    /// The whole recording, when the worker has ended.
    async fn finished(&self) -> PathBuf {
        let begun = Instant::now();
        while !self.stack.workers().unwrap().is_empty() {
            assert!(begun.elapsed() < DEADLINE, "the worker still runs:\n{}", self.stack.log());
            tokio::time::sleep(POLL).await;
        }
        self.recording().unwrap_or_else(|| panic!("nothing was recorded:\n{}", self.stack.log()))
    }
}

/// Makes a call until its recording holds `wanted`, and keeps it.
pub async fn record<F: Future<Output = Scene>>(name: &str, wanted: &str, call: impl Fn() -> F) {
    for attempt in 1..=ATTEMPTS {
        let scene = call().await;
        let file = scene.finished().await;
        let text = std::fs::read_to_string(&file).unwrap();
        if !text.contains(wanted) {
            println!("attempt {attempt}: no {wanted} in the call");
            continue;
        }
        replay(&file);
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dialogue/tests/recordings");
        std::fs::write(kept.join(format!("{name}.jsonl")), text).unwrap();
        return;
    }
    panic!("{wanted} was in none of {ATTEMPTS} calls");
}

/// A recording with holes can't be replayed.
fn replay(file: &Path) {
    let worker = find_workspace_binary("agent-worker").unwrap();
    let output = std::process::Command::new(worker).arg("replay").arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A process that is the voice and face of `agent`.
pub fn avatar_process(server: &LivekitServer, room: &str, agent: &str) -> Child {
    Command::new(find_workspace_binary("agent-worker").unwrap())
        .args(["avatar", "--room", room, "--on-behalf-of", agent, "--identity", AVATAR, "--size", "256"])
        .env_remove("LIVEKIT_TOKEN")
        .env("LIVEKIT_URL", server.url())
        .env("LIVEKIT_API_KEY", server.api_key())
        .env("LIVEKIT_API_SECRET", server.api_secret())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}
