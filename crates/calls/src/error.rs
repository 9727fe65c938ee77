//! Why the store did not do what was asked, and what helps.

use std::time::Duration;

use thiserror::Error;

use crate::address::AddressError;

/// Why the store did not do what was asked. No text of it holds an address or anything that was said.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// It is not there, or refuses to work.
    #[error("the store of calls cannot be reached ({0}); see that it runs, and that VISAVIS_STORE names it")]
    Unavailable(String),
    /// It did not answer in time. What was asked may have been done.
    #[error("the store of calls did not answer within {0:?}; look at the load of its machine, disk and network")]
    Slow(Duration),
    /// It has no space left.
    #[error("the store of calls is full ({0}); free space where it lies, or allow it more memory")]
    Full(String),
    /// What it holds cannot be read.
    #[error("the store of calls is damaged or not Visavis's ({0}); move it away, and a new one is made")]
    Corrupt(String),
    /// It was written by a later Visavis.
    #[error("the store of calls has version {found}, this Visavis knows {known}; update it, or name another store")]
    TooNew {
        /// The store's version.
        found: i64,
        /// The latest that is known here.
        known: i64,
    },
    /// It was told nothing that makes an address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A name is longer than any store takes.
    #[error("the {what} has {bytes} bytes, a store of calls takes {limit}; refuse it where it comes from")]
    TooLong {
        /// Which name.
        what: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
}
