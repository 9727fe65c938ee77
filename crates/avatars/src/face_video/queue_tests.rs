#![allow(clippy::unwrap_used, clippy::expect_used)]

use dialogue::Playout;
use face::SpeechTrack;
use testkit::stub_lip_sync::film;

use super::super::film::FilmReports;
use super::*;

const SPEECH: SpeechId = SpeechId(3);

fn piece(speech: SpeechId, ms: u64) -> PlayoutCommand {
    let track = Arc::new(SpeechTrack::new(PLAYOUT_SAMPLE_RATE, []));
    let samples = vec![0; usize::try_from(ms * 48).unwrap()];
    PlayoutCommand::Clause(PlayableClause {
        speech,
        samples,
        words: Vec::new(),
        track,
        feelings: Vec::new(),
        video: None,
    })
}

fn a_film() -> Film {
    Film::new(film(64, 64, &[100; 25]).unwrap(), 48_000, FilmReports::default()).unwrap()
}

/// What is done, in few words: `f` a filmed piece, `p` one without a film, `F` the end, `u` unspoken, `o` an order, `S` a stop, `A`
/// asked, `C` cancelled, `1` the first film, `L` lost.
fn told(actions: &[Action]) -> String {
    let letter = |action: &Action| match action {
        Action::Pass(PlayoutCommand::Clause(clause)) if clause.video.is_some() => 'f',
        Action::Pass(PlayoutCommand::Clause(_)) => 'p',
        Action::Pass(PlayoutCommand::Finish(_)) => 'F',
        Action::Pass(PlayoutCommand::Unspoken(..)) => 'u',
        Action::Pass(PlayoutCommand::Order(..)) => 'o',
        Action::Pass(PlayoutCommand::Stop(_)) => 'S',
        Action::Pass(PlayoutCommand::EndOfClause(_)) => 'e',
        Action::Ask(_) => 'A',
        Action::Cancel => 'C',
        Action::Shown(_) => '1',
        Action::Lost(_) => 'L',
    };
    actions.iter().map(letter).collect()
}

/// A queue on a clock of its own.
struct Bench {
    queue: Queue,
    now: Instant,
}

impl Bench {
    fn new() -> Self {
        Self { queue: Queue::default(), now: Instant::now() }
    }

    fn take(&mut self, command: PlayoutCommand) -> String {
        let mut actions = self.queue.take(command);
        actions.extend(self.queue.poll(self.now, 0));
        told(&actions)
    }

    fn clause(&mut self, speech: SpeechId, ms: u64) -> String {
        let first = self.take(piece(speech, ms));
        first + &self.take(PlayoutCommand::EndOfClause(speech))
    }

    fn after(&mut self, seconds: f64) -> String {
        self.now += Duration::from_secs_f64(seconds);
        told(&self.queue.poll(self.now, 0))
    }

    fn filmed(&mut self, film: Result<Option<Film>, AvatarLoss>) -> String {
        let mut actions = self.queue.filmed(self.now, self.queue.jobs, film);
        actions.extend(self.queue.poll(self.now, 0));
        told(&actions)
    }
}

#[test]
fn a_clause_is_asked_for_once_it_is_whole_and_goes_on_with_its_film() {
    let mut bench = Bench::new();
    assert_eq!(bench.take(piece(SPEECH, 300)), "");
    assert_eq!(bench.take(piece(SPEECH, 700)), "");
    assert_eq!(bench.take(PlayoutCommand::Order(SPEECH, Playout::Start)), "o", "orders wait for nothing");
    let asked = bench.queue.take(PlayoutCommand::EndOfClause(SPEECH));
    assert!(asked.is_empty());
    let actions = bench.queue.poll(bench.now, 0);
    assert!(
        matches!(actions.as_slice(), [Action::Ask(job)] if job.samples.len() == 48_000 && job.patience == FIRST_PATIENCE)
    );
    assert_eq!(bench.clause(SPEECH, 500), "", "one after the other");
    assert_eq!(bench.take(PlayoutCommand::Finish(SPEECH)), "");
    assert_eq!(bench.filmed(Ok(Some(a_film()))), "1fpA", "the film lies on the first piece of its clause");
    assert_eq!(bench.filmed(Ok(Some(a_film()))), "fF");
}

#[test]
fn what_could_not_be_spoken_keeps_its_place() {
    let mut bench = Bench::new();
    assert_eq!(bench.take(piece(SPEECH, 300)), "");
    assert_eq!(bench.take(PlayoutCommand::Unspoken(SPEECH, "x".into())), "A", "the clause is whole as it is");
    assert_eq!(bench.filmed(Ok(Some(a_film()))), "1fu");
}

#[test]
fn a_speech_that_is_stopped_is_cancelled_and_the_next_one_waits_for_the_service_to_be_free() {
    let mut bench = Bench::new();
    assert_eq!(bench.clause(SPEECH, 800), "A");
    assert_eq!(bench.clause(SPEECH, 800), "");
    assert_eq!(bench.take(PlayoutCommand::Stop(SPEECH)), "CS");
    assert_eq!(bench.clause(SPEECH, 800), "", "what still comes of it is nobody's");
    let next = SpeechId(4);
    assert_eq!(bench.clause(next, 800), "");
    assert_eq!(bench.filmed(Ok(None)), "A");
    assert_eq!(bench.take(PlayoutCommand::Stop(SPEECH)), "S", "an old stop harms nobody");
    assert_eq!(bench.filmed(Ok(Some(a_film()))), "1f");
}

#[test]
fn nothing_of_the_voice_is_lost_with_the_service() {
    let mut bench = Bench::new();
    bench.clause(SPEECH, 800);
    bench.take(piece(SPEECH, 300));
    bench.take(piece(SPEECH, 300));
    bench.take(PlayoutCommand::Finish(SPEECH));
    assert_eq!(bench.filmed(Err(AvatarLoss::Refused)), "LpppF");
    assert_eq!(bench.take(piece(SpeechId(4), 300)), "p", "and from then on nobody waits");
    assert_eq!(bench.take(PlayoutCommand::EndOfClause(SpeechId(4))), "e");
    assert_eq!(told(&bench.queue.lose(AvatarLoss::BrokenVideo)), "", "once is enough");
}

#[test]
fn the_first_film_may_take_longer_than_those_after_it() {
    let mut bench = Bench::new();
    assert_eq!(bench.clause(SPEECH, 2_000), "A");
    assert_eq!(bench.after(29.9), "");
    assert_eq!(bench.after(0.2), "CLp");

    let mut bench = Bench::new();
    bench.clause(SPEECH, 1_000);
    assert_eq!(bench.filmed(Ok(Some(a_film()))), "1f");
    assert_eq!(bench.clause(SPEECH, 4_000), "A");
    assert_eq!(bench.after(13.9), "");
    assert_eq!(bench.after(0.2), "CLp");
}

#[test]
fn who_interrupts_a_cold_start_neither_prolongs_it_nor_cuts_it_short() {
    let mut bench = Bench::new();
    bench.clause(SPEECH, 1_000);
    bench.after(25.0);
    bench.take(PlayoutCommand::Stop(SPEECH));
    assert_eq!(bench.filmed(Ok(None)), "");
    assert_eq!(bench.clause(SpeechId(4), 1_000), "A");
    assert_eq!(bench.after(10.9), "", "10 s and its own length, though only 5 were left");
    assert_eq!(bench.after(0.2), "CLp");
}

#[test]
fn no_more_is_asked_for_than_will_soon_sound() {
    let mut bench = Bench::new();
    for _ in 0..3 {
        bench.clause(SPEECH, 6_000);
    }
    let film = a_film();
    assert_eq!(bench.filmed(Ok(Some(film.clone()))), "1fA");
    assert_eq!(bench.filmed(Ok(Some(film))), "f", "12 s wait to be heard");
    assert_eq!(bench.queue.next_wake(bench.now), Some(bench.now + GLANCE));
    assert_eq!(told(&bench.queue.poll(bench.now, samples(1))), "");
    assert_eq!(told(&bench.queue.poll(bench.now, samples(3))), "A");
}

#[test]
fn a_clause_that_is_too_long_for_a_request_is_cut_between_two_pieces() {
    let mut bench = Bench::new();
    assert_eq!(bench.take(piece(SPEECH, 10_000)), "");
    assert_eq!(bench.take(piece(SPEECH, 10_000)), "A");
    assert_eq!(bench.queue.items.len(), 2);
}

proptest::proptest! {
    /// Whatever comes and whenever the service fails: every piece of a speech that was not stopped reaches playout once, in order,
    /// and none of a stopped one follows its stop.
    #[test]
    fn every_piece_reaches_playout_in_order(steps in proptest::collection::vec((0u8..7, 1u64..4), 1..60)) {
        let mut bench = Bench::new();
        let film = a_film();
        let (mut made, mut played, mut speech) = (Vec::new(), Vec::new(), 1u64);
        let mut over = 0;
        let mut collect = |actions: Vec<Action>, played: &mut Vec<(u64, usize)>| {
            for action in actions {
                match action {
                    Action::Pass(PlayoutCommand::Clause(clause)) => {
                        assert!(clause.speech.0 > over, "a piece of speech {} after its stop", clause.speech.0);
                        played.push((clause.speech.0, clause.samples.len()));
                    }
                    Action::Pass(PlayoutCommand::Stop(speech)) => over = over.max(speech.0),
                    _ => {}
                }
            }
        };
        let mut stopped = Vec::new();
        for (n, (step, value)) in steps.into_iter().enumerate() {
            let id = SpeechId(speech);
            let mut actions = match step {
                0 | 1 => {
                    let ms = u64::try_from(n).unwrap() * 4 + value;
                    made.push((speech, usize::try_from(ms * 48).unwrap()));
                    bench.queue.take(piece(id, ms))
                }
                2 => bench.queue.take(PlayoutCommand::EndOfClause(id)),
                3 | 4 => bench.queue.filmed(bench.now, bench.queue.jobs, Ok(Some(film.clone()))),
                5 => {
                    stopped.push(speech);
                    speech += 1;
                    bench.queue.take(PlayoutCommand::Stop(id))
                }
                _ if value == 3 => bench.queue.lose(AvatarLoss::TooSlow),
                _ => Vec::new(),
            };
            actions.extend(bench.queue.poll(bench.now, u64::MAX));
            collect(actions, &mut played);
        }
        collect(bench.queue.take(PlayoutCommand::Finish(SpeechId(speech))), &mut played);
        collect(bench.queue.lose(AvatarLoss::TooSlow), &mut played);
        let mut order = made.iter().position(|piece| Some(piece) == played.first());
        for piece in &played {
            let at = made.iter().position(|one| one == piece);
            proptest::prop_assert!(at >= order, "{piece:?} is out of order");
            order = at;
        }
        for piece in &made {
            let times = played.iter().filter(|one| *one == piece).count();
            proptest::prop_assert!(times == 1 || times == 0 && stopped.contains(&piece.0), "{piece:?}: {times}");
        }
    }
}
