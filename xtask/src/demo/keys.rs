//! Keys made for the occasion. They live in memory, in the environment of our own children, and in a file that only
//! this user can read.

use super::network::Reach;

/// Random bytes behind each secret. As hex these are 64 characters; livekit-server asks for 32 at least.
const SECRET_BYTES: usize = 32;

/// The keys of one demo.
pub(super) struct Keys {
    /// Name of the LiveKit API key.
    pub(super) livekit_key: String,
    /// Secret of the LiveKit API key.
    pub(super) livekit_secret: String,
    /// What callers of the token server must show, where others can reach it.
    pub(super) token_server_key: Option<String>,
}

impl Keys {
    pub(super) fn generate(reach: &Reach) -> Keys {
        match reach {
            Reach::Loopback => Keys {
                livekit_key: "devkey".to_owned(),
                livekit_secret: random_hex(SECRET_BYTES),
                token_server_key: None,
            },
            // The key's name is new as well: the token server refuses the development one beyond loopback.
            Reach::Lan(_) => Keys {
                livekit_key: format!("lan-{}", random_hex(4)),
                livekit_secret: random_hex(SECRET_BYTES),
                token_server_key: Some(random_hex(SECRET_BYTES)),
            },
        }
    }
}

fn random_hex(bytes: usize) -> String {
    (0..bytes).map(|_| format!("{:02x}", rand::random::<u8>())).collect()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn secrets_are_long_and_never_the_same() {
        let (one, two) = (Keys::generate(&Reach::Loopback), Keys::generate(&Reach::Loopback));
        assert!(one.livekit_secret.len() >= 32);
        assert_ne!(one.livekit_secret, two.livekit_secret);
    }

    #[test]
    fn beyond_loopback_callers_need_a_key_and_the_development_key_is_not_used() {
        let keys = Keys::generate(&Reach::Lan(Ipv4Addr::new(192, 168, 1, 2)));
        assert!(keys.token_server_key.is_some_and(|key| key.len() >= 32));
        assert_ne!(keys.livekit_key, "devkey");
    }
}
