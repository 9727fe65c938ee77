//! What a page sent and received, by the statistics of its peer connections. Pure.

use serde::Deserialize;

/// Sums since the page was opened, as its probe noted them.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Sample {
    /// Milliseconds since the page was opened.
    pub at_ms: f64,
    /// Energy of all sound received (webrtc-stats `totalAudioEnergy`: full scale for a second is 1).
    pub heard_energy: f64,
    /// Seconds of sound that were played.
    pub heard_seconds: f64,
    /// Video frames decoded.
    pub frames_decoded: f64,
    /// Video frames sent.
    pub frames_sent: f64,
    /// Energy of the microphone.
    pub microphone_energy: f64,
}

/// Above this a stretch of sound counts as heard, as a share of full scale: -50 dB, where a quiet voice is -35.
const AUDIBLE: f64 = 0.003;

/// A page's samples, five a second.
#[derive(Debug, Clone, PartialEq)]
pub struct Media {
    samples: Vec<Sample>,
}

/// The growth between two samples.
struct Step {
    seconds: f64,
    level: f64,
    frames: f64,
}

impl Media {
    pub(super) fn new(samples: Vec<Sample>) -> Self {
        Self { samples }
    }

    /// Now, on the clock of the page.
    #[must_use]
    pub fn now_ms(&self) -> f64 {
        self.samples.last().map_or(0.0, |sample| sample.at_ms)
    }

    /// What was noted from then on.
    #[must_use]
    pub fn since(&self, at_ms: f64) -> Self {
        Self { samples: self.samples.iter().copied().filter(|sample| sample.at_ms >= at_ms).collect() }
    }

    fn steps(&self) -> impl Iterator<Item = Step> {
        self.samples.windows(2).map(|pair| {
            let played = pair[1].heard_seconds - pair[0].heard_seconds;
            let energy = pair[1].heard_energy - pair[0].heard_energy;
            Step {
                seconds: (pair[1].at_ms - pair[0].at_ms) / 1000.0,
                level: if played > 0.0 { (energy / played).max(0.0).sqrt() } else { 0.0 },
                frames: pair[1].frames_decoded - pair[0].frames_decoded,
            }
        })
    }

    /// For how many seconds something was heard.
    #[must_use]
    pub fn audible_seconds(&self) -> f64 {
        self.steps().filter(|step| step.level > AUDIBLE).map(|step| step.seconds).sum()
    }

    /// The loudest moment, as a share of full scale.
    #[must_use]
    pub fn loudest(&self) -> f64 {
        self.steps().map(|step| step.level).fold(0.0, f64::max)
    }

    /// Frames decoded a second, of the time in which something was heard; `None` when nothing was.
    #[must_use]
    pub fn frames_a_second_while_audible(&self) -> Option<f64> {
        let audible: Vec<Step> = self.steps().filter(|step| step.level > AUDIBLE).collect();
        let seconds: f64 = audible.iter().map(|step| step.seconds).sum();
        (seconds > 0.0).then(|| audible.iter().map(|step| step.frames).sum::<f64>() / seconds)
    }

    /// Frames decoded in all.
    #[must_use]
    pub fn frames_decoded(&self) -> f64 {
        self.growth(|sample| sample.frames_decoded)
    }

    /// Frames of the own camera that were sent.
    #[must_use]
    pub fn frames_sent(&self) -> f64 {
        self.growth(|sample| sample.frames_sent)
    }

    fn growth(&self, of: impl Fn(&Sample) -> f64) -> f64 {
        match (self.samples.first(), self.samples.last()) {
            (Some(first), Some(last)) => of(last) - of(first),
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five samples a second: per step how loud, and how many frames.
    fn media(steps: &[(f64, f64)]) -> Media {
        let mut sample = Sample {
            at_ms: 1000.0,
            heard_energy: 0.0,
            heard_seconds: 0.0,
            frames_decoded: 0.0,
            frames_sent: 0.0,
            microphone_energy: 0.0,
        };
        let mut samples = vec![sample];
        for (level, frames) in steps {
            sample.at_ms += 200.0;
            sample.heard_seconds += 0.2;
            sample.heard_energy += level * level * 0.2;
            sample.frames_decoded += frames;
            samples.push(sample);
        }
        Media::new(samples)
    }

    #[test]
    fn frames_count_only_while_something_is_heard() {
        let media = media(&[(0.0, 1.0), (0.1, 5.0), (0.1, 5.0), (0.0, 0.0)]);
        assert!((media.frames_a_second_while_audible().unwrap_or_default() - 25.0).abs() < 1e-9);
        assert!((media.audible_seconds() - 0.4).abs() < 1e-9);
        assert!((media.loudest() - 0.1).abs() < 1e-9);
        assert!((media.frames_decoded() - 11.0).abs() < 1e-9);
        assert!((media.since(1400.0).frames_decoded() - 5.0).abs() < 1e-9);
    }

    #[test]
    fn hiss_is_not_heard_and_silence_has_no_rate() {
        let media = media(&[(0.001, 5.0), (0.002, 5.0)]);
        assert_eq!((media.audible_seconds(), media.frames_a_second_while_audible()), (0.0, None));
        assert_eq!(Media::new(Vec::new()).frames_decoded(), 0.0);
    }
}
