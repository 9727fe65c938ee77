//! Writing a header. Offsets are those that the tensors get when their data is written in order.

use std::io::{self, Write};

use super::{ALIGNMENT, Header, KIND_ARRAY, KIND_TEXT, MAGIC, VERSION, Value, aligned};

/// Writes the header and the padding behind it.
pub(super) fn header(header: &Header, out: &mut dyn Write) -> io::Result<()> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&(header.tensors.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&(header.metadata.len() as u64).to_le_bytes());
    for (key, value) in &header.metadata {
        text(&mut bytes, key.as_bytes());
        self::value(&mut bytes, value);
    }
    let mut offset: u64 = 0;
    for tensor in &header.tensors {
        text(&mut bytes, tensor.name.as_bytes());
        // At most four.
        bytes.extend_from_slice(&u32::try_from(tensor.shape.len()).unwrap_or(u32::MAX).to_le_bytes());
        tensor.shape.iter().for_each(|length| bytes.extend_from_slice(&length.to_le_bytes()));
        bytes.extend_from_slice(&tensor.kind.to_le_bytes());
        bytes.extend_from_slice(&offset.to_le_bytes());
        offset += aligned(tensor.bytes()?);
    }
    out.write_all(&bytes)?;
    padding(bytes.len() as u64, out)
}

/// The zeros that follow `written` bytes.
pub(super) fn padding(written: u64, out: &mut dyn Write) -> io::Result<()> {
    const ZEROS: [u8; ALIGNMENT as usize] = [0; ALIGNMENT as usize];
    let missing = usize::try_from(aligned(written) - written).unwrap_or_default();
    out.write_all(&ZEROS[..missing])
}

fn text(bytes: &mut Vec<u8>, text: &[u8]) {
    bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
    bytes.extend_from_slice(text);
}

fn value(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Scalar { kind, bytes: number } => {
            bytes.extend_from_slice(&kind.to_le_bytes());
            bytes.extend_from_slice(number);
        }
        Value::Text(letters) => {
            bytes.extend_from_slice(&KIND_TEXT.to_le_bytes());
            text(bytes, letters);
        }
        Value::Scalars { kind, bytes: numbers } => {
            let size = super::scalar_bytes(*kind).unwrap_or(1);
            array(bytes, *kind, numbers.len() / size);
            bytes.extend_from_slice(numbers);
        }
        Value::Texts(texts) => {
            array(bytes, KIND_TEXT, texts.len());
            texts.iter().for_each(|letters| text(bytes, letters));
        }
    }
}

fn array(bytes: &mut Vec<u8>, kind: u32, count: usize) {
    bytes.extend_from_slice(&KIND_ARRAY.to_le_bytes());
    bytes.extend_from_slice(&kind.to_le_bytes());
    bytes.extend_from_slice(&(count as u64).to_le_bytes());
}
