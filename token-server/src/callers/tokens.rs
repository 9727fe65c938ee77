//! JWTs that callers show: signed by the operator's own service, for all rooms or for some.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use proto::names::RoomName;
use serde::Deserialize;
use thiserror::Error;

use super::{Caller, ClientId};
use crate::secret::Secret;

/// How far the clocks of the signer and of this server may differ, in seconds.
const LEEWAY_SECONDS: u64 = 30;
/// The longest token.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// The longest `sub`.
const MAX_SUBJECT_BYTES: usize = 256;
/// The most rooms that one token may name.
const MAX_ROOMS: usize = 100;
/// The shortest shared secret: the length of what HS256 computes.
pub const MIN_SECRET_BYTES: usize = 32;
/// How many bytes a public key of the curve P-256 has.
const P256_BYTES: usize = 65;

/// Why a key can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// A secret that can be guessed.
    #[error("must have at least {MIN_SECRET_BYTES} characters")]
    ShortSecret,
    /// No public key, or one of another kind.
    #[error("holds no public key in PEM form of RSA, of the curve P-256 or of Ed25519")]
    NotAKey,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Its time is over.
    #[error("the JWT has expired; get a new one")]
    Expired,
    /// Its time has not come.
    #[error("the JWT is not valid yet (nbf); compare the clocks")]
    Early,
    /// Someone else signed it.
    #[error("the JWT is not signed with this server's key")]
    Signature,
    /// It names another algorithm than the key's.
    #[error("the JWT's algorithm is not the one of this server's key, {0:?}")]
    Algorithm(Algorithm),
    /// It is meant for someone else.
    #[error("the JWT is for another audience (aud)")]
    Audience,
    /// It comes from someone else.
    #[error("the JWT is of another issuer (iss)")]
    Issuer,
    /// It does not say what it must.
    #[error("the JWT has no `{0}`")]
    Missing(String),
    /// It says something that can't be.
    #[error("the JWT cannot be read: {0}")]
    Malformed(&'static str),
}

/// What is read of a token. The library checks the rest.
#[derive(Debug, Deserialize)]
struct Claims {
    sub: Option<String>,
    room: Option<String>,
    rooms: Option<Vec<String>>,
}

/// Checks tokens. One key and one algorithm, which the kind of the key decides.
#[derive(Debug, Clone)]
pub struct CallerTokens {
    key: DecodingKey,
    algorithm: Algorithm,
    validation: Validation,
}

impl CallerTokens {
    /// Tokens that are signed with a secret that both sides have (HS256).
    ///
    /// # Errors
    /// [`KeyError::ShortSecret`].
    pub fn with_secret(secret: &Secret) -> Result<Self, KeyError> {
        let bytes = secret.expose().as_bytes();
        if bytes.len() < MIN_SECRET_BYTES {
            return Err(KeyError::ShortSecret);
        }
        Ok(Self::new(DecodingKey::from_secret(bytes), Algorithm::HS256))
    }

    /// Tokens that are signed with the private half of this key: RS256, ES256 or `EdDSA`.
    ///
    /// # Errors
    /// [`KeyError::NotAKey`].
    pub fn with_public_key(pem: &[u8]) -> Result<Self, KeyError> {
        // The reader takes private keys as well, and the verification would then fail for every token.
        let is_public = pem.windows(10).any(|window| window == b"PUBLIC KEY");
        if !is_public {
            return Err(KeyError::NotAKey);
        }
        if let Ok(key) = DecodingKey::from_ed_pem(pem) {
            return Ok(Self::new(key, Algorithm::EdDSA));
        }
        if let Ok(key) = DecodingKey::from_ec_pem(pem) {
            let is_p256 = key.as_bytes().len() == P256_BYTES;
            return if is_p256 { Ok(Self::new(key, Algorithm::ES256)) } else { Err(KeyError::NotAKey) };
        }
        DecodingKey::from_rsa_pem(pem).map(|key| Self::new(key, Algorithm::RS256)).map_err(|_| KeyError::NotAKey)
    }

    fn new(key: DecodingKey, algorithm: Algorithm) -> Self {
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.validate_aud = false;
        validation.set_required_spec_claims(&["exp"]);
        Self { key, algorithm, validation }
    }

    /// Tokens must name this audience (`aud`) and this issuer (`iss`), where one is given.
    #[must_use]
    pub fn expecting(mut self, audience: Option<&str>, issuer: Option<&str>) -> Self {
        let mut required = vec!["exp"];
        if let Some(audience) = audience {
            self.validation.validate_aud = true;
            self.validation.set_audience(&[audience]);
            required.push("aud");
        }
        if let Some(issuer) = issuer {
            self.validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        self.validation.set_required_spec_claims(&required);
        self
    }

    /// Whether the key is a public one, and not a shared secret.
    #[must_use]
    pub fn has_public_key(&self) -> bool {
        self.algorithm != Algorithm::HS256
    }

    /// Who shows `token` from `address`. Without a `sub` they are counted by their address.
    ///
    /// # Errors
    /// [`Refusal`] says what is wrong with the token.
    pub fn caller(&self, token: &str, address: IpAddr) -> Result<Caller, Refusal> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::Malformed("it is too long"));
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation)
            .map_err(|error| self.refusal(error.kind()))?
            .claims;
        let client = match claims.sub {
            Some(subject) if subject.is_empty() || subject.len() > MAX_SUBJECT_BYTES => {
                return Err(Refusal::Malformed("sub must have 1 to 256 bytes"));
            }
            Some(subject) => ClientId::Subject(subject.into()),
            None => ClientId::at(address),
        };
        if claims.room.is_none() && claims.rooms.is_none() {
            return Ok(Caller::for_any_room(client));
        }
        let names: Vec<String> = claims.room.into_iter().chain(claims.rooms.into_iter().flatten()).collect();
        if names.len() > MAX_ROOMS {
            return Err(Refusal::Malformed("rooms must be at most 100"));
        }
        let rooms = names.iter().map(|name| RoomName::parse(name)).collect::<Result<BTreeSet<_>, _>>();
        let rooms = rooms.map_err(|_| Refusal::Malformed("room and rooms must hold names of rooms"))?;
        Ok(Caller::for_rooms(client, rooms))
    }

    fn refusal(&self, error: &ErrorKind) -> Refusal {
        match error {
            ErrorKind::ExpiredSignature => Refusal::Expired,
            ErrorKind::ImmatureSignature => Refusal::Early,
            ErrorKind::InvalidSignature => Refusal::Signature,
            ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => Refusal::Algorithm(self.algorithm),
            ErrorKind::InvalidAudience => Refusal::Audience,
            ErrorKind::InvalidIssuer => Refusal::Issuer,
            ErrorKind::MissingRequiredClaim(claim) => Refusal::Missing(claim.clone()),
            ErrorKind::InvalidClaimFormat(_) => Refusal::Malformed("a claim has the wrong type"),
            // An algorithm that the library does not know, such as `none`, stops it at the header.
            _ => Refusal::Malformed("its header, claims or encoding are not those of a signed JWT"),
        }
    }
}
