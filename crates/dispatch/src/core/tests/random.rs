//! Random stories. Whatever happens, in whatever order:
//! there are never more jobs than the cap, no place leaks, and every assigned job ends in exactly one final state.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Offer(u8),
    Assign(u8),
    Terminate(u8),
    Replaced(u8),
    Started(u8),
    Ended(u8, bool),
    Load(f32),
    Pass(u32),
    Connected,
    Registered,
    Disconnected,
    Pong,
    GoAway,
    Drain,
    Stop,
}

fn step() -> impl Strategy<Value = Step> {
    let id = 0..12_u8;
    prop_oneof![
        6 => id.clone().prop_map(Step::Offer),
        6 => id.clone().prop_map(Step::Assign),
        1 => id.clone().prop_map(Step::Terminate),
        1 => id.clone().prop_map(Step::Replaced),
        4 => id.clone().prop_map(Step::Started),
        3 => (id, any::<bool>()).prop_map(|(id, well)| Step::Ended(id, well)),
        2 => (0.0..1.2_f32).prop_map(Step::Load),
        4 => (0..9_000_u32).prop_map(Step::Pass),
        3 => Just(Step::Connected),
        4 => Just(Step::Registered),
        1 => Just(Step::Disconnected),
        2 => Just(Step::Pong),
        1 => Just(Step::GoAway),
    ]
}

/// What the world around the worker knows.
#[derive(Default)]
struct World {
    /// How often each offer was made: an id is offered once in its life, as a server does.
    generation: BTreeMap<u8, u32>,
    /// Launched and not yet ended.
    alive: BTreeSet<JobId>,
    launched: BTreeSet<JobId>,
    finals: BTreeMap<JobId, u32>,
    accepted: BTreeSet<JobId>,
    assigned: BTreeSet<JobId>,
    draining: bool,
    finished: u32,
}

impl World {
    fn name(&self, id: u8) -> String {
        format!("{id}-{}", self.generation.get(&id).copied().unwrap_or_default())
    }

    fn take_in(&mut self, outputs: &[Output], max_jobs: usize) {
        for output in outputs {
            assert_eq!(self.finished, 0, "{output:?} after the end");
            match output {
                Output::Launch(assignment) => {
                    assert!(self.launched.insert(assignment.job.id.clone()), "{assignment:?} was launched twice");
                    self.alive.insert(assignment.job.id.clone());
                    assert!(self.alive.len() <= max_jobs, "more than {max_jobs} jobs: {:?}", self.alive);
                }
                Output::Send(ToServer::Availability { job, identity: Some(_) }) => {
                    assert!(!self.draining, "{job} was accepted while draining");
                    self.accepted.insert(job.clone());
                }
                Output::Send(ToServer::JobStatus { job, status }) if status.is_final() => {
                    let times = self.finals.entry(job.clone()).or_default();
                    *times += 1;
                    assert_eq!(*times, 1, "{job} has ended before");
                }
                Output::Send(ToServer::WorkerStatus { jobs, load, .. }) => {
                    assert!(*jobs as usize <= max_jobs && (0.0..=1.0).contains(load));
                }
                Output::Terminate(id) | Output::Kill(id) => {
                    assert!(self.launched.contains(id), "{id} was never launched");
                }
                Output::Finished(_) => self.finished += 1,
                _ => {}
            }
        }
    }
}

fn play(bench: &mut Bench, world: &mut World, step: &Step, max_jobs: usize) {
    bench.said.clear();
    world.draining |= matches!(step, Step::Drain | Step::Stop);
    match step {
        Step::Offer(id) => {
            *world.generation.entry(*id).or_default() += 1;
            bench.server(FromServer::Availability(job(&world.name(*id))));
        }
        Step::Assign(id) => {
            let name = world.name(*id);
            // A server assigns what was accepted, once.
            if world.accepted.contains(&JobId::new(&name)) && world.assigned.insert(JobId::new(&name)) {
                let heard = bench.worker.worker_id().is_some();
                bench.server(FromServer::Assignment(assignment(&name)));
                if !heard {
                    world.assigned.remove(&JobId::new(&name));
                }
            }
        }
        Step::Terminate(id) => bench.server(FromServer::Termination(JobId::new(world.name(*id)))),
        Step::Replaced(id) => bench.input(Input::JobReplaced(JobId::new(world.name(*id)))),
        Step::Started(id) => {
            let id = JobId::new(world.name(*id));
            if world.alive.contains(&id) {
                bench.input(Input::JobStarted(id));
            }
        }
        Step::Ended(id, well) => {
            let id = JobId::new(world.name(*id));
            if world.alive.remove(&id) {
                bench.input(Input::JobEnded(id, if *well { Ok(()) } else { Err("fault".to_owned()) }));
            }
        }
        Step::Load(load) => bench.input(Input::LoadMeasured(*load)),
        Step::Pass(milliseconds) => bench.pass(Duration::from_millis(u64::from(*milliseconds))),
        Step::Connected => bench.input(Input::Connected),
        Step::Registered => bench.server(FromServer::Registered { worker_id: "AW_1".to_owned() }),
        Step::Disconnected => bench.input(Input::Disconnected(LinkLost::Failed("lost".to_owned()))),
        Step::Pong => bench.server(FromServer::Pong),
        Step::GoAway => bench.server(FromServer::GoAway),
        Step::Drain => bench.input(Input::Drain),
        Step::Stop => bench.input(Input::Stop),
    }
    world.take_in(&bench.said, max_jobs);
    assert!(bench.worker.jobs().count() <= max_jobs);
    if let Some((moment, _)) = bench.worker.next_wake() {
        assert!(moment > bench.now || matches!(step, Step::Pass(_)), "it should have been woken before: {moment:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_promises_hold(
        steps in proptest::collection::vec(step(), 1..150),
        max_jobs in 1..4_usize,
        drain_at in 0..200_usize,
        stop_at in 0..400_usize,
    ) {
        let mut bench = Bench::registered(Settings::new(max_jobs).unwrap());
        bench.answers = false;
        let mut world = World::default();
        for (number, step) in steps.iter().enumerate() {
            play(&mut bench, &mut world, step, max_jobs);
            if number == drain_at {
                play(&mut bench, &mut world, &Step::Drain, max_jobs);
            }
            if number == stop_at {
                play(&mut bench, &mut world, &Step::Stop, max_jobs);
            }
        }
        // The story ends well: the server is there, and every job ends. Then nothing is left over.
        for _ in 0..4 {
            for step in [Step::Pass(10_000), Step::Connected, Step::Registered] {
                play(&mut bench, &mut world, &step, max_jobs);
            }
        }
        for id in std::mem::take(&mut world.alive) {
            bench.said.clear();
            bench.input(Input::JobEnded(id, Ok(())));
            world.take_in(&bench.said, max_jobs);
        }
        for step in [Step::Pass(8_000), Step::Pong, Step::Connected, Step::Registered] {
            play(&mut bench, &mut world, &step, max_jobs);
        }
        if world.finished == 0 {
            prop_assert_eq!(bench.worker.jobs().count(), 0, "a place leaked");
            for id in world.launched.iter().chain(&world.assigned) {
                prop_assert_eq!(world.finals.get(id), Some(&1), "{} has no final state", id);
            }
        } else {
            // Only what could not be killed was left behind.
            prop_assert!(bench.worker.jobs().all(|view| view.phase == Phase::GivenUp));
            prop_assert_eq!(bench.worker.next_wake(), None);
        }
    }
}
