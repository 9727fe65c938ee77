//! The library's log records as `tracing` events, target `livekit_ffi`.

use std::borrow::Cow;

use super::proto::{LogLevel, LogRecord};

/// Passes a record on, without secrets.
pub(super) fn forward(record: &LogRecord) {
    macro_rules! emit {
        ($level:expr) => {
            if tracing::enabled!(target: "livekit_ffi", $level) {
                let message = redact(&record.message);
                tracing::event!(target: "livekit_ffi", $level, module = %record.target, "{message}");
            }
        };
    }
    match record.level() {
        LogLevel::LogError => emit!(tracing::Level::ERROR),
        LogLevel::LogWarn => emit!(tracing::Level::WARN),
        LogLevel::LogInfo => emit!(tracing::Level::INFO),
        LogLevel::LogDebug => emit!(tracing::Level::DEBUG),
        LogLevel::LogTrace => emit!(tracing::Level::TRACE),
    }
}

/// Hides tokens: a JSON web token begins with `eyJ` (the Base64 of `{"`). At its verbose levels the library logs
/// the addresses and headers of its requests.
pub(super) fn redact(message: &str) -> Cow<'_, str> {
    const TOKEN_START: &str = "eyJ";
    if !message.contains(TOKEN_START) {
        return Cow::Borrowed(message);
    }
    let mut rest = message;
    let mut clean = String::with_capacity(message.len());
    while let Some(start) = rest.find(TOKEN_START) {
        let (before, token) = rest.split_at(start);
        clean.push_str(before);
        clean.push_str("<token>");
        let in_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
        rest = token.trim_start_matches(in_token);
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn tokens_are_hidden_and_the_rest_is_kept() {
        let hidden = redact("GET /rtc?access_token=eyJhbGciOi.eyJpc3Mi_-.c2ln&sdk=rust, again eyJx.y.z!");
        assert_eq!(hidden, "GET /rtc?access_token=<token>&sdk=rust, again <token>!");
        assert_eq!(redact("connected"), "connected");
    }
}
