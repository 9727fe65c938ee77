//! GGUF version 3, the container of llama.cpp's models: its header, read and written again.
//!
//! ```text
//!  magic, version, counts │ metadata: key, kind, value │ tensors: name, shape, kind, offset │ padding │ data, each padded
//! ```
//!
//! The format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. Files that are read here were verified by hash
//! before; lengths are checked all the same.

mod read;
#[cfg(test)]
pub(crate) mod test_model;
pub(crate) mod vocabulary;
mod write;

use std::io;

const MAGIC: &[u8; 4] = b"GGUF";
const VERSION: u32 = 3;
/// Data begins at a multiple of this, as does each tensor; files may name another one, those that are used here do not.
const ALIGNMENT: u64 = 32;
const ALIGNMENT_KEY: &str = "general.alignment";

/// A metadata value. Numbers are kept as their bytes: nothing here computes with most of them.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    /// A number or a truth value.
    Scalar {
        kind: u32,
        bytes: Vec<u8>,
    },
    Text(Vec<u8>),
    /// An array of numbers, one after the other.
    Scalars {
        kind: u32,
        bytes: Vec<u8>,
    },
    Texts(Vec<Vec<u8>>),
}

const KIND_U32: u32 = 4;
const KIND_I32: u32 = 5;
const KIND_TEXT: u32 = 8;
const KIND_ARRAY: u32 = 9;

/// The bytes of a number of this kind.
fn scalar_bytes(kind: u32) -> io::Result<usize> {
    match kind {
        0 | 1 | 7 => Ok(1),
        2 | 3 => Ok(2),
        KIND_U32 | KIND_I32 | 6 => Ok(4),
        10..=12 => Ok(8),
        other => Err(invalid(format!("metadata of kind {other}"))),
    }
}

/// One tensor, as the header describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tensor {
    name: String,
    /// Row length first.
    shape: Vec<u64>,
    kind: u32,
    /// Where its data begins, from the beginning of all data.
    offset: u64,
}

impl Tensor {
    /// The bytes of one row.
    fn row_bytes(&self) -> io::Result<u64> {
        // Values in a block, and bytes of a block: `ggml_type` of ggml.h.
        let (values, bytes) = match self.kind {
            0 => (1, 4),
            1 => (1, 2),
            2 => (32, 18),
            3 => (32, 20),
            6 => (32, 22),
            7 => (32, 24),
            8 => (32, 34),
            10 => (256, 84),
            11 => (256, 110),
            12 => (256, 144),
            13 => (256, 176),
            14 => (256, 210),
            other => return Err(invalid(format!("{}: a tensor of kind {other}", self.name))),
        };
        let row = self.shape.first().copied().unwrap_or(1);
        if row % values != 0 {
            return Err(invalid(format!("{}: rows of {row} values", self.name)));
        }
        Ok(row / values * bytes)
    }

    fn rows(&self) -> u64 {
        self.shape.iter().skip(1).product()
    }

    fn bytes(&self) -> io::Result<u64> {
        Ok(self.row_bytes()? * self.rows())
    }
}

/// Everything before the data.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Header {
    metadata: Vec<(String, Value)>,
    tensors: Vec<Tensor>,
}

impl Header {
    fn value(&self, key: &str) -> Option<&Value> {
        self.metadata.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

/// `position`, or the next multiple of the alignment.
const fn aligned(position: u64) -> u64 {
    position.next_multiple_of(ALIGNMENT)
}

fn invalid(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("GGUF: {}", message.into()))
}
