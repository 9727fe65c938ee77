//! A call's beginning and end, as its worker sees them.

use crate::MetricName;

/// The worker is in the room and serves it.
#[derive(Debug, Clone, Copy)]
pub struct CallStarted<'a> {
    /// The room's name. Chosen by strangers: a log field, never a metric label.
    pub room: &'a str,
}

impl CallStarted<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        tracing::info!(room = self.room, "call started");
        metrics::counter!(MetricName::CallsStarted.as_str()).increment(1);
    }
}

/// Why a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallExit {
    /// The last person left the room.
    CallerLeft,
    /// Nobody arrived in time.
    NobodyCame,
    /// The room was closed, or the agent was removed from it.
    RoomClosed,
    /// The worker was asked to stop.
    Stopped,
    /// The server could not be reached, or was lost for good.
    ServerLost,
    /// The server refused the agent.
    Refused,
    /// A weight or a native library is missing or damaged.
    AssetMissing,
    /// An engine failed and the call could not go on.
    EngineFailed,
}

impl CallExit {
    /// The reason as a log field and metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CallerLeft => "caller_left",
            Self::NobodyCame => "nobody_came",
            Self::RoomClosed => "room_closed",
            Self::Stopped => "stopped",
            Self::ServerLost => "server_lost",
            Self::Refused => "refused",
            Self::AssetMissing => "asset_missing",
            Self::EngineFailed => "engine_failed",
        }
    }

    /// Whether the call ended as calls should.
    pub const fn is_orderly(self) -> bool {
        match self {
            Self::CallerLeft | Self::NobodyCame | Self::RoomClosed | Self::Stopped => true,
            Self::ServerLost | Self::Refused | Self::AssetMissing | Self::EngineFailed => false,
        }
    }
}

/// The worker serves the room no more.
#[derive(Debug, Clone, Copy)]
pub struct CallEnded {
    /// Why.
    pub exit: CallExit,
    /// How long the call was, in seconds.
    pub seconds: f64,
}

impl CallEnded {
    /// Logs and counts it: a warning when the end was not an orderly one.
    pub fn emit(self) {
        let (exit, seconds) = (self.exit.as_str(), self.seconds);
        if self.exit.is_orderly() {
            tracing::info!(exit, seconds, "call ended");
        } else {
            tracing::warn!(exit, seconds, "call ended");
        }
        metrics::counter!(MetricName::CallsEnded.as_str(), "exit" => exit).increment(1);
        metrics::histogram!(MetricName::CallSeconds.as_str(), "exit" => exit).record(seconds);
    }
}

#[cfg(test)]
mod tests {
    use super::{CallEnded, CallExit, CallStarted};
    use crate::MetricName;
    use crate::events::recording::record;

    #[test]
    fn a_started_call_is_logged_and_counted_once_without_its_room_as_a_label() {
        let recording = record(|| CallStarted { room: "kitchen" }.emit());
        assert_eq!(recording.lines(), ["INFO call started room=kitchen"]);
        assert_eq!(recording.counters(), [(MetricName::CallsStarted, vec![], 1)]);
    }

    #[test]
    fn an_ended_call_says_why_and_how_long() {
        let recording = record(|| CallEnded { exit: CallExit::CallerLeft, seconds: 12.5 }.emit());
        assert_eq!(recording.lines(), ["INFO call ended exit=caller_left seconds=12.5"]);
        let label = vec![("exit".to_owned(), "caller_left".to_owned())];
        assert_eq!(recording.counters(), [(MetricName::CallsEnded, label.clone(), 1)]);
        assert_eq!(recording.histograms(), [(MetricName::CallSeconds, label, vec![12.5])]);
    }

    #[test]
    fn a_call_that_broke_is_a_warning() {
        let recording = record(|| CallEnded { exit: CallExit::EngineFailed, seconds: 1.0 }.emit());
        assert_eq!(recording.lines(), ["WARN call ended exit=engine_failed seconds=1"]);
    }
}
