//! Worker hosts. One that is told to end: its calls go on until their people leave, new ones go to another host, and then it
//! ends by itself; a second signal ends everything at once. One whose call's process dies: another one takes its place.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::hosts::{Host, Setting};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testkit::caller::{self, CallReport, CallerPlan, Narration, Outcome};
use testkit::process::is_running;
use testkit::rooms::Rooms;
use testkit::stack::{Stack, StackOptions};
use testkit::stub_openai::{Detail, Plan, StubOpenAi};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

const KEY: &str = "sk-key";
const PERSONA: &str = "name = \"Ava\"\ninstructions = \"Be kind.\"\ngreeting = \"Hello there.\"\n\n\
                       [face]\nenabled = false\n\n[engines]\npreset = \"openai\"\n";
const REPLY: &str = "I am still here.";
/// What the next worker says when no question is open.
const BACK: &str = "away for a moment";
const ROOMS: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];
const LATER: &str = "sixth";
/// How long any one thing may take on a busy machine; how long it takes is printed. A call that nobody takes at once is
/// dispatched again for a minute.
const DEADLINE: Duration = Duration::from_secs(90);
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(20);
/// How long a host may take to end at once: a process that was killed is waited for.
const AT_ONCE: Duration = Duration::from_secs(15);

/// A service whose calls are given to worker hosts.
struct World {
    stack: Stack,
    stub: StubOpenAi,
    setting: Setting,
    /// Up to which answer callers go on by themselves.
    go_on_after: watch::Sender<usize>,
    answers: (mpsc::Sender<String>, mpsc::Receiver<String>),
    _persona: tempfile::TempPath,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let stub = StubOpenAi::start(Plan::default().key(Some(KEY)).chat([REPLY])).unwrap();
        let mut persona = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        persona.write_all(PERSONA.as_bytes()).unwrap();
        let persona = persona.into_temp_path();
        let folder = tempfile::tempdir().unwrap();
        let store = format!("sqlite:{}", folder.path().join("calls.db").display());
        let options = StackOptions {
            arguments: vec!["--launcher".into(), "dispatch".into()],
            environment: vec![("VISAVIS_STORE".into(), store.clone())],
            ..StackOptions::default()
        };
        let stack = Stack::start(options).await.unwrap();
        let setting = Setting {
            folder: folder.path().to_owned(),
            persona: persona.to_path_buf(),
            environment: vec![
                ("LIVEKIT_URL", stack.sfu.url()),
                ("LIVEKIT_API_KEY", stack.sfu.api_key().to_owned()),
                ("LIVEKIT_API_SECRET", stack.sfu.api_secret().to_owned()),
                ("VISAVIS_STORE", store),
                ("OPENAI_BASE_URL", stub.base_url()),
                ("OPENAI_API_KEY", KEY.to_owned()),
            ],
        };
        let (go_on_after, _) = watch::channel(0);
        let answers = mpsc::channel(64);
        Self { stack, stub, setting, go_on_after, answers, _persona: persona, _folder: folder }
    }

    /// Somebody who asks so many questions in a room, and after each answer waits until the test lets them go on.
    fn calls(&self, room: &str, questions: usize) -> JoinHandle<CallReport> {
        let plan = CallerPlan { heard_back: false, patience: DEADLINE, ..CallerPlan::new(self.stack.url(), room) };
        let plan = (0..questions).fold(plan, |plan, number| plan.type_text(format!("Question {number}?")));
        let (answered, mut go_on_after) = (self.answers.0.clone(), self.go_on_after.subscribe());
        let room = room.to_owned();
        tokio::spawn(async move {
            let mut narrate = |narration: Narration| {
                let Narration::Answered { turn, .. } = narration else { return };
                answered.try_send(room.clone()).expect("the test has forgotten its callers");
                let told = tokio::time::timeout(2 * DEADLINE, go_on_after.wait_for(|until| turn <= *until));
                let told = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(told).is_ok());
                assert!(told, "nobody lets {room} go on");
            };
            caller::run_narrated(plan, &mut narrate).await.unwrap()
        })
    }

    /// Waits until each of these rooms has had one more answer.
    async fn answered(&mut self, rooms: &[&str], hosts: &[&Host]) {
        let mut missing: BTreeSet<&str> = rooms.iter().copied().collect();
        let all = async {
            while !missing.is_empty() {
                let room = self.answers.1.recv().await.unwrap();
                assert!(missing.remove(room.as_str()), "another answer in {room}");
            }
        };
        if tokio::time::timeout(DEADLINE, all).await.is_err() {
            let logs: String = hosts.iter().map(|host| host.log()).collect();
            panic!("no answer in {missing:?} within {DEADLINE:?}:\n{}\n{logs}", self.stack.log());
        }
    }

    /// Waits until an agent says these words.
    async fn spoken(&self, words: &str, host: &Host) {
        let said = |detail: &Detail| matches!(detail, Detail::Speech { input, .. } if input.contains(words));
        let deadline = Instant::now() + DEADLINE;
        while !self.stub.requests().iter().any(|request| said(&request.detail)) {
            assert!(Instant::now() < deadline, "nobody says \"{words}\":\n{}", host.log());
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until the server would end the room's job if its agent left.
    async fn until_job_is_known(&self, room: &str) {
        let deadline = Instant::now() + DEADLINE;
        while Rooms::of(&self.stack.sfu).jobs(room).await.unwrap() == 0 {
            assert!(Instant::now() < deadline, "the server knows of no job in {room}:\n{}", self.stack.sfu.log());
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The agents in a room.
    async fn agents(&self, room: &str) -> Vec<String> {
        let present = Rooms::of(&self.stack.sfu).present(room).await.unwrap();
        present.into_iter().filter(|one| one.is_agent).map(|one| one.identity).collect()
    }

    async fn agents_of_all(&self) -> Vec<Vec<String>> {
        let mut agents = Vec::new();
        for room in ROOMS {
            agents.push(self.agents(room).await);
        }
        agents
    }
}

/// A host with a call whose first question was answered.
async fn one_call() -> (World, Host, JoinHandle<CallReport>) {
    let mut world = World::new().await;
    let host = Host::start("host", &world.setting).await;
    let caller = world.calls(ROOMS[0], 2);
    world.answered(&ROOMS[..1], &[&host]).await;
    (world, host, caller)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_host_that_drains_keeps_its_calls_takes_no_more_and_ends_after_the_last_one() {
    let mut world = World::new().await;
    let mut leaving = Host::start("leaving", &world.setting).await;
    let callers: Vec<_> = ROOMS.iter().map(|room| world.calls(room, 2)).collect();
    let began = Instant::now();
    world.answered(&ROOMS, &[&leaving]).await;
    println!("five calls had their first answer after {:?}", began.elapsed());
    let staying = Host::start("staying", &world.setting).await;
    assert_eq!(leaving.rooms().await, BTreeSet::from(ROOMS.map(str::to_owned)));
    let (processes, agents) = (leaving.processes(), world.agents_of_all().await);
    assert_eq!((processes.len(), agents.iter().flatten().count()), (5, 5));

    let told = Instant::now();
    leaving.terminate();
    leaving.until_draining().await;
    println!("the host drained {:?} after the signal", told.elapsed());
    world.go_on_after.send_replace(1);
    let sixth = world.calls(LATER, 1);
    let all: Vec<&str> = ROOMS.into_iter().chain([LATER]).collect();
    world.answered(&all, &[&leaving, &staying]).await;
    println!("all five and a sixth were answered {:?} after the signal", told.elapsed());
    assert_eq!(staying.rooms().await, BTreeSet::from([LATER.to_owned()]));
    assert_eq!(leaving.rooms().await, BTreeSet::from(ROOMS.map(str::to_owned)));
    assert_eq!(leaving.processes(), processes, "a call has another process:\n{}", leaving.log());
    assert_eq!(world.agents_of_all().await, agents, "a call has another agent");
    assert!(leaving.runs());

    world.go_on_after.send_replace(2);
    for caller in callers.into_iter().chain([sixth]) {
        let report = caller.await.unwrap();
        assert!(report.is_answered(), "{report:?}\n{}", world.stack.log());
        assert!(report.turns.iter().all(|turn| turn.answered.contains(REPLY)), "{:?}", report.turns);
    }
    let left = Instant::now();
    let status = leaving.ended(DEADLINE).await;
    println!("the host had ended {:?} after the last caller was gone", left.elapsed());
    assert_eq!(status.code(), Some(0), "{status}\n{}", leaving.log());
    assert!(staying.is_ready().await, "the other one goes on");
    assert_eq!(world.stub.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_second_signal_ends_a_host_and_its_calls_at_once() {
    let (world, mut host, caller) = one_call().await;
    let processes = host.processes();
    assert_eq!(processes.len(), 1);
    host.terminate();
    host.until_draining().await;
    assert!(host.runs() && is_running(processes[0]), "the first signal has cut the call:\n{}", host.log());
    let told = Instant::now();
    host.terminate();
    let status = host.ended(AT_ONCE).await;
    println!("the host had ended {:?} after the second signal", told.elapsed());
    assert_eq!(status.code(), Some(0), "{status}\n{}", host.log());
    assert!(!is_running(processes[0]), "its call goes on without it");
    world.go_on_after.send_replace(2);
    assert_eq!(caller.await.unwrap().outcome, Outcome::AgentLeft, "{}", world.stack.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_call_whose_process_is_killed_goes_on_in_the_same_job_though_livekit_ends_that() {
    let (world, mut host, caller) = one_call().await;
    let (dead, agents) = (host.processes(), world.agents(ROOMS[0]).await);
    world.until_job_is_known(ROOMS[0]).await;
    let killed = Instant::now();
    kill(Pid::from_raw(i32::try_from(dead[0]).unwrap()), Signal::SIGKILL).unwrap();
    host.until_logged("saw a dead process leave").await;
    println!("the next process was in the room {:?} after the kill", killed.elapsed());
    let next = host.processes();
    assert!(next.len() == 1 && next != dead, "{dead:?}, then {next:?}:\n{}", host.log());
    world.spoken(BACK, &host).await;
    println!("it said that it is back {:?} after the kill", killed.elapsed());
    assert_eq!(host.processes(), next, "the call has a third process:\n{}", host.log());
    assert_eq!(world.agents(ROOMS[0]).await, agents, "the next process has another identity");
    assert_eq!(host.rooms().await, BTreeSet::from([ROOMS[0].to_owned()]));
    // This caller takes an agent that leaves for the end of the call, and goes when it may.
    world.go_on_after.send_replace(2);
    assert_eq!(caller.await.unwrap().outcome, Outcome::AgentLeft, "{}", world.stack.log());
}
