//! How an engine registers: its name, what it can do, and how it is made.

use assets::Asset;
use toml::Table;

use crate::context::{Context, Variable};
use crate::error::EngineError;

/// An engine whose settings and files are known to be right, and that is not loaded yet.
pub struct Prepared<E: ?Sized>(Box<dyn Fn() -> Result<Box<E>, EngineError> + Send + Sync>);

impl<E: ?Sized> Prepared<E> {
    /// An engine that `load` loads.
    pub fn new(load: impl Fn() -> Result<Box<E>, EngineError> + Send + Sync + 'static) -> Self {
        Self(Box::new(load))
    }

    /// Loads it, on the thread that will own it. May take seconds.
    ///
    /// # Errors
    /// When a file is damaged, or the engine does not run on this machine.
    pub fn load(&self) -> Result<Box<E>, EngineError> {
        (self.0)()
    }
}

impl<E: ?Sized> std::fmt::Debug for Prepared<E> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Prepared")
    }
}

/// One engine, as its file declares it. `E` is the trait that it implements, `C` what engines of that kind can do.
pub struct Engine<E: ?Sized, C> {
    /// Its name in the persona file.
    pub name: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// The licence of its weights, or the terms of its service.
    pub licence: &'static str,
    /// The files that it needs, whatever its options are.
    pub assets: &'static [Asset],
    /// The variables of the environment that it reads.
    pub variables: &'static [Variable],
    /// What it can do.
    pub capabilities: C,
    /// The JSON schema of its options: `stt_options` and the like in `[engines]` of the persona file.
    pub options: fn() -> schemars::Schema,
    /// Checks options, variables and files.
    pub prepare: fn(&Context, &Table) -> Result<Prepared<E>, EngineError>,
}

impl<E: ?Sized, C: Copy> Clone for Engine<E, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: ?Sized, C: Copy> Copy for Engine<E, C> {}

impl<E: ?Sized, C: std::fmt::Debug> std::fmt::Debug for Engine<E, C> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("name", &self.name)
            .field("capabilities", &self.capabilities)
            .finish_non_exhaustive()
    }
}
