//! Ownership of native objects.

use super::library::Library;

/// An owned native object; dropping it releases the object.
pub(super) struct Handle {
    id: u64,
    library: &'static Library,
}

impl Handle {
    /// Takes ownership of the object that the library handed out as `id`.
    pub(super) fn own(library: &'static Library, id: u64) -> Self {
        library.count_handle(1);
        Self { id, library }
    }

    /// The library's name for the object.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// The library it belongs to.
    pub(super) fn library(&self) -> &'static Library {
        self.library
    }

    /// Gives the object up without releasing it, for the requests that consume what they are given.
    pub(super) fn surrender(self) -> u64 {
        let id = self.id;
        self.library.count_handle(-1);
        std::mem::forget(self);
        id
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.library.count_handle(-1);
        if !self.library.release(self.id) {
            // Ordinary after a disconnect: the library drops a closed room's objects by itself.
            tracing::trace!(handle = self.id, "native object was already gone");
        }
    }
}
