//! What the worker does, story by story.

use super::super::link::WakeReason;
use super::*;

#[test]
fn a_worker_registers_and_reports_its_status_every_interval() {
    let mut bench = Bench::new(settings(2));
    assert_eq!(bench.said, [Output::Connect]);
    bench.input(Input::Connected);
    assert_eq!(bench.messages().collect::<Vec<_>>(), [&ToServer::Register]);
    bench.server(FromServer::Registered { worker_id: "AW_1".to_owned() });
    assert_eq!((bench.worker.worker_id(), bench.worker_status()), (Some("AW_1"), Some((false, false, 0.0, 0))));
    bench.said.clear();
    bench.pass_seconds(2);
    assert_eq!(bench.worker_status(), None);
    bench.pass_seconds(8);
    let reports = bench.messages().filter(|message| matches!(message, ToServer::WorkerStatus { .. })).count();
    assert_eq!(reports, 4);
}

#[test]
fn a_job_is_promised_started_and_ends_in_one_final_state() {
    let mut bench = Bench::registered(settings(2));
    bench.server(FromServer::Availability(job("a")));
    let answer = ToServer::Availability { job: JobId::new("a"), identity: Some("agent-a".to_owned()) };
    assert!(bench.has(&Output::Send(answer)));
    bench.server(FromServer::Assignment(assignment("a")));
    assert!(bench.has(&Output::Launch(Box::new(assignment("a")))));
    bench.input(Input::JobStarted(JobId::new("a")));
    bench.input(Input::JobStarted(JobId::new("a")));
    bench.input(Input::JobEnded(JobId::new("a"), Ok(())));
    bench.input(Input::JobEnded(JobId::new("a"), Err("again".to_owned())));
    assert_eq!(bench.statuses("a"), [JobStatus::Running, JobStatus::Success]);
    assert_eq!(bench.worker.jobs().count(), 0);
}

#[test]
fn a_job_that_fails_says_why() {
    let mut bench = Bench::registered(settings(2));
    bench.server(FromServer::Availability(job("a")));
    bench.server(FromServer::Assignment(assignment("a")));
    bench.input(Input::JobEnded(JobId::new("a"), Err("no such program".to_owned())));
    assert_eq!(bench.statuses("a"), [JobStatus::Failed("no such program".to_owned())]);
}

#[test]
fn an_end_right_after_the_assignment_is_told_when_the_server_has_noted_that_down() {
    let mut bench = Bench::registered(Settings::new(2).unwrap());
    assert!(bench.run_job("a"));
    bench.input(Input::JobEnded(JobId::new("a"), Err("no such program".to_owned())));
    assert_eq!((bench.statuses("a"), bench.worker.jobs().count()), (vec![JobStatus::Running], 0), "its place is free");
    bench.pass(Duration::from_millis(999));
    assert_eq!(bench.statuses("a").len(), 1);
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.statuses("a")[1..], [JobStatus::Failed("no such program".to_owned())]);
    assert!(bench.run_job("b"));
    bench.input(Input::Drain);
    bench.input(Input::JobEnded(JobId::new("b"), Ok(())));
    assert_eq!(bench.statuses("b")[1..], [JobStatus::Success], "a worker that ends has no time to wait");
    assert_eq!(bench.said.last(), Some(&Output::Finished(Ok(()))));
}

#[test]
fn a_promise_takes_a_place_at_once_and_the_server_hears_of_it_at_once() {
    let mut bench = Bench::registered(settings(1));
    bench.server(FromServer::Availability(job("a")));
    assert_eq!(bench.worker_status().map(|(full, _, _, jobs)| (full, jobs)), Some((true, 1)), "without waiting");
    bench.server(FromServer::Availability(job("b")));
    assert!(bench.accepted("a") && !bench.accepted("b"));
    assert!(bench.has(&Output::Notice(Notice::Declined(job("b"), Refusal::MaxJobs))));
}

#[test]
fn two_jobs_in_one_load_interval_do_not_overload_the_machine() {
    // Room for ten by number, but each is expected to weigh half of what is allowed.
    let mut bench = Bench::registered(Settings { job_load: 0.375, ..settings(10) });
    bench.input(Input::LoadMeasured(0.1));
    assert!(bench.run_job("a") && bench.run_job("b"));
    assert!(!bench.run_job("c"), "0.1 measured and twice 0.375 promised");
    assert!(bench.has(&Output::Notice(Notice::Declined(job("c"), Refusal::Load))));
    // Once the load could be measured, only the measured one counts.
    bench.pass_seconds(11);
    assert!(bench.run_job("d"));
}

#[test]
fn a_busy_machine_takes_no_job_and_a_quiet_one_takes_jobs_again() {
    let mut bench = Bench::registered(settings(4));
    bench.input(Input::LoadMeasured(0.9));
    assert!(!bench.run_job("a"));
    assert_eq!(bench.worker_status().map(|(full, ..)| full), Some(true));
    for _ in 0..20 {
        bench.pass_seconds(1);
        bench.input(Input::LoadMeasured(0.1));
    }
    assert_eq!(bench.worker_status().map(|(full, ..)| full), Some(false));
    assert!(bench.run_job("b"));
}

#[test]
fn a_promise_that_nobody_takes_up_lapses() {
    let mut bench = Bench::registered(settings(1));
    bench.server(FromServer::Availability(job("a")));
    bench.pass_seconds(7);
    bench.server(FromServer::Availability(job("b")));
    assert!(!bench.accepted("b"));
    bench.pass_seconds(1);
    assert!(bench.has(&Output::Notice(Notice::ReservationExpired(JobId::new("a")))));
    bench.server(FromServer::Availability(job("c")));
    assert!(bench.accepted("c"));
    // The first assignment comes after all: there is no place for it, and the server is told so.
    bench.server(FromServer::Assignment(assignment("a")));
    assert!(matches!(bench.statuses("a").as_slice(), [JobStatus::Failed(why)] if why.contains("too late")));
    assert!(!bench.said.iter().any(|output| matches!(output, Output::Launch(_))));
}

#[test]
fn a_late_assignment_is_taken_when_there_is_room_and_once() {
    let mut bench = Bench::registered(settings(1));
    bench.server(FromServer::Assignment(assignment("a")));
    assert!(bench.has(&Output::Launch(Box::new(assignment("a")))));
    let launches = |bench: &Bench| bench.said.iter().filter(|output| matches!(output, Output::Launch(_))).count();
    bench.server(FromServer::Assignment(assignment("a")));
    assert_eq!((launches(&bench), bench.statuses("a")), (1, vec![]), "the same assignment twice");
}

#[test]
fn the_server_ends_a_job_and_one_that_does_not_listen_is_killed() {
    let mut bench = Bench::registered(settings(1));
    bench.run_job("a");
    bench.server(FromServer::Termination(JobId::new("a")));
    assert!(bench.has(&Output::Terminate(JobId::new("a"))));
    bench.pass_seconds(9);
    assert!(!bench.has(&Output::Kill(JobId::new("a"))));
    bench.pass_seconds(1);
    assert!(bench.has(&Output::Kill(JobId::new("a"))));
    bench.input(Input::JobEnded(JobId::new("a"), Err("signal 9".to_owned())));
    assert!(
        matches!(bench.statuses("a").as_slice(), [JobStatus::Running, JobStatus::Failed(why)] if why.contains("killed"))
    );
}

#[test]
fn a_job_goes_on_with_its_next_process_though_the_server_saw_the_first_one_leave() {
    let mut bench = Bench::registered(settings(1));
    bench.run_job("a");
    for _ in 0..2 {
        bench.input(Input::JobReplaced(JobId::new("a")));
    }
    bench.server(FromServer::Termination(JobId::new("a")));
    bench.pass_seconds(30);
    assert!(bench.has(&Output::Notice(Notice::OutdatedTermination(JobId::new("a")))));
    assert!(!bench.has(&Output::Terminate(JobId::new("a"))));
    assert_eq!(bench.statuses("a"), [JobStatus::Running]);
    bench.server(FromServer::Termination(JobId::new("a")));
    assert!(bench.has(&Output::Terminate(JobId::new("a"))), "a second one is meant");
}

#[test]
fn a_job_that_cannot_be_killed_is_reported_and_keeps_its_place() {
    let mut bench = Bench::registered(settings(1));
    bench.run_job("a");
    bench.server(FromServer::Termination(JobId::new("a")));
    bench.pass_seconds(12);
    assert!(bench.has(&Output::Notice(Notice::GivenUp(JobId::new("a")))));
    assert_eq!(bench.statuses("a").len(), 2);
    assert!(!bench.run_job("b"), "its process is still there");
    bench.input(Input::JobEnded(JobId::new("a"), Ok(())));
    assert_eq!(bench.statuses("a").len(), 2, "no second final state");
    assert!(bench.run_job("c"));
}

#[test]
fn a_termination_frees_what_was_only_promised() {
    let mut bench = Bench::registered(settings(1));
    bench.server(FromServer::Availability(job("a")));
    bench.server(FromServer::Termination(JobId::new("a")));
    bench.server(FromServer::Termination(JobId::new("unknown")));
    assert!(bench.run_job("b"));
}

#[test]
fn after_a_lost_connection_running_jobs_are_announced_and_ends_are_caught_up_on() {
    let mut bench = Bench::registered(settings(4));
    assert!(bench.run_job("a") && bench.run_job("b"));
    bench.server(FromServer::Availability(job("c")));
    bench.said.clear();
    bench.input(Input::Disconnected(LinkLost::Failed("reset".to_owned())));
    assert_eq!((bench.worker.worker_id(), bench.worker.jobs().count()), (None, 2), "the promise is void");
    bench.input(Input::JobEnded(JobId::new("b"), Ok(())));
    assert_eq!(bench.messages().count(), 0);
    bench.pass(Duration::from_millis(250));
    assert!(bench.has(&Output::Connect));
    bench.register();
    let said: Vec<&ToServer> = bench.messages().collect();
    let (a, b) = (JobId::new("a"), JobId::new("b"));
    assert_eq!(
        said[..4],
        [
            &ToServer::Register,
            &ToServer::Resume(vec![a.clone()]),
            &ToServer::JobStatus { job: a, status: JobStatus::Running },
            &ToServer::JobStatus { job: b, status: JobStatus::Success },
        ]
    );
    assert!(matches!(said[4], ToServer::WorkerStatus { full: false, jobs: 1, .. }));
    assert_eq!(said.len(), 5);
}

#[test]
fn a_server_that_is_away_for_long_is_tried_again_and_again_with_growing_pauses() {
    let mut bench = Bench::registered(settings(1));
    bench.pass_seconds(20);
    for _ in 0..30 {
        bench.input(Input::Disconnected(LinkLost::Failed("refused".to_owned())));
        let (moment, reason) = bench.worker.next_wake().unwrap();
        assert_eq!(reason, WakeReason::Connect);
        bench.pass(moment - bench.now);
    }
    let delays = bench.said.iter().filter_map(|output| match output {
        Output::Notice(Notice::Reconnecting { delay, .. }) => Some(*delay),
        _ => None,
    });
    let delays: Vec<Duration> = delays.collect();
    assert_eq!(delays.len(), 30);
    assert!(delays[0] <= Duration::from_millis(250) && delays[29] >= Duration::from_secs(5), "{delays:?}");
}

#[test]
fn a_server_that_falls_silent_is_left() {
    let mut bench = Bench::registered(settings(1));
    bench.answers = false;
    bench.pass_seconds(5);
    assert!(bench.messages().any(|message| matches!(message, ToServer::Ping { milliseconds: 5000 })));
    bench.server(FromServer::Pong);
    bench.pass_seconds(14);
    assert!(!bench.has(&Output::Close));
    bench.pass_seconds(2);
    assert!(bench.has(&Output::Close) && bench.worker.worker_id().is_none());
    assert!(bench.said.iter().filter(|output| **output == Output::Connect).count() >= 1);
}

#[test]
fn connecting_and_registering_have_deadlines() {
    let mut bench = Bench::new(settings(1));
    bench.pass_seconds(10);
    assert!(bench.has(&Output::Close));
    bench.said.clear();
    bench.pass_seconds(1);
    bench.input(Input::Connected);
    bench.pass_seconds(10);
    assert!(bench.has(&Output::Close) && bench.worker.worker_id().is_none());
}

#[test]
fn a_wrong_key_ends_a_worker_that_was_never_registered_and_no_other() {
    let refused = || Input::Disconnected(LinkLost::Refused("401".to_owned()));
    let mut bench = Bench::new(settings(1));
    bench.input(refused());
    assert_eq!(bench.said.last(), Some(&Output::Finished(Err("401".to_owned()))));
    assert_eq!(bench.worker.next_wake(), None);
    let mut bench = Bench::registered(settings(1));
    bench.input(refused());
    bench.pass_seconds(1);
    assert!(bench.has(&Output::Connect), "the server may be about to learn its keys again");
}

#[test]
fn a_server_that_goes_is_left_for_another_one() {
    let mut bench = Bench::registered(settings(1));
    bench.run_job("a");
    bench.said.clear();
    bench.server(FromServer::GoAway);
    assert!(bench.has(&Output::Close));
    bench.pass(Duration::from_millis(250));
    bench.register();
    assert!(bench.has(&Output::Send(ToServer::Resume(vec![JobId::new("a")]))));
}

#[test]
fn draining_takes_no_new_jobs_and_waits_for_those_that_run() {
    let mut bench = Bench::registered(settings(4));
    bench.run_job("a");
    bench.server(FromServer::Availability(job("promised")));
    bench.input(Input::Drain);
    assert_eq!(bench.worker_status().map(|(full, draining, ..)| (full, draining)), Some((true, true)));
    assert!(!bench.run_job("b"));
    // What was promised is kept.
    bench.server(FromServer::Assignment(assignment("promised")));
    assert!(bench.has(&Output::Launch(Box::new(assignment("promised")))));
    bench.input(Input::JobEnded(JobId::new("promised"), Ok(())));
    bench.pass_seconds(600);
    assert!(!bench.has(&Output::Terminate(JobId::new("a"))), "a call is not cut");
    bench.input(Input::JobEnded(JobId::new("a"), Ok(())));
    assert_eq!(bench.statuses("a").last(), Some(&JobStatus::Success));
    assert_eq!(bench.said.last(), Some(&Output::Finished(Ok(()))));
}

#[test]
fn an_idle_worker_drains_at_once_even_without_a_connection() {
    let mut bench = Bench::registered(settings(1));
    bench.input(Input::Drain);
    assert_eq!(bench.said[bench.said.len() - 2..], [Output::Close, Output::Finished(Ok(()))]);
    let mut bench = Bench::registered(settings(1));
    bench.input(Input::Disconnected(LinkLost::Failed("gone".to_owned())));
    bench.input(Input::Drain);
    assert_eq!(bench.said.last(), Some(&Output::Finished(Ok(()))));
}

#[test]
fn after_the_grace_time_jobs_are_asked_to_end_and_then_killed() {
    let mut bench = Bench::registered(Settings { drain_grace: Duration::from_secs(3), ..settings(2) });
    assert!(bench.run_job("polite") && bench.run_job("stubborn"));
    bench.input(Input::Drain);
    bench.pass_seconds(3);
    let (polite, stubborn) = (JobId::new("polite"), JobId::new("stubborn"));
    assert!(bench.has(&Output::Terminate(polite.clone())) && bench.has(&Output::Terminate(stubborn.clone())));
    bench.input(Input::JobEnded(polite.clone(), Ok(())));
    bench.pass_seconds(10);
    assert!(bench.has(&Output::Kill(stubborn)) && !bench.has(&Output::Kill(polite)));
    bench.pass_seconds(2);
    assert_eq!(bench.said.last(), Some(&Output::Finished(Ok(()))), "nobody waits for ever");
    assert_eq!(bench.statuses("stubborn").len(), 2);
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut bench = Bench::registered(settings(2));
    bench.run_job("a");
    bench.input(Input::Drain);
    bench.input(Input::Stop);
    assert!(bench.has(&Output::Kill(JobId::new("a"))));
    bench.input(Input::JobEnded(JobId::new("a"), Err("signal 9".to_owned())));
    assert!(matches!(bench.statuses("a").last(), Some(JobStatus::Failed(_))));
    assert_eq!(bench.said.last(), Some(&Output::Finished(Ok(()))));
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    assert_eq!(Settings::new(0), Err(SettingsError::NoJobs));
    let wrong = Settings { load_threshold: 1.5, ..settings(1) };
    assert_eq!(wrong.checked().unwrap_err().to_string(), "load threshold: must be above 0 and at most 1");
    assert!(Settings { job_load: f32::NAN, ..settings(1) }.checked().is_err());
}
