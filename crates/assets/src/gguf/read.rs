//! Reading a header.

use std::io::{self, Read};

use super::{
    ALIGNMENT_KEY, Header, KIND_ARRAY, KIND_TEXT, MAGIC, Tensor, VERSION, Value, aligned, invalid, scalar_bytes,
};

/// More metadata, tensors, items or letters than any file here has.
const MAX_COUNT: u64 = 1 << 20;
/// Shapes have at most so many dimensions.
const MAX_DIMENSIONS: u32 = 4;

/// Reads up to the end of the header; the header, and where the data begins.
pub(super) fn header(file: impl Read) -> io::Result<(Header, u64)> {
    let mut reader = Reader { file, position: 0 };
    if reader.bytes(MAGIC.len())? != MAGIC {
        return Err(invalid("not such a file"));
    }
    let version = reader.u32()?;
    if version != VERSION {
        return Err(invalid(format!("version {version}, expected {VERSION}")));
    }
    let tensors = reader.count()?;
    let pairs = reader.count()?;
    let mut header = Header { metadata: Vec::new(), tensors: Vec::new() };
    for _ in 0..pairs {
        let key = reader.name()?;
        let kind = reader.u32()?;
        let value = reader.value(kind)?;
        if key == ALIGNMENT_KEY {
            return Err(invalid("an alignment of its own"));
        }
        header.metadata.push((key, value));
    }
    for _ in 0..tensors {
        header.tensors.push(reader.tensor()?);
    }
    Ok((header, aligned(reader.position)))
}

struct Reader<R> {
    file: R,
    position: u64,
}

impl<R: Read> Reader<R> {
    fn bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.file.read_exact(&mut bytes)?;
        self.position += count as u64;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        self.position += N as u64;
        Ok(bytes)
    }

    fn u32(&mut self) -> io::Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> io::Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn count(&mut self) -> io::Result<usize> {
        let count = self.u64()?;
        if count > MAX_COUNT {
            return Err(invalid(format!("{count} items")));
        }
        usize::try_from(count).map_err(|error| invalid(error.to_string()))
    }

    fn text(&mut self) -> io::Result<Vec<u8>> {
        let count = self.count()?;
        self.bytes(count)
    }

    fn name(&mut self) -> io::Result<String> {
        String::from_utf8(self.text()?).map_err(|error| invalid(error.to_string()))
    }

    fn value(&mut self, kind: u32) -> io::Result<Value> {
        match kind {
            KIND_TEXT => self.text().map(Value::Text),
            KIND_ARRAY => {
                let kind = self.u32()?;
                let count = self.count()?;
                if kind == KIND_TEXT {
                    return (0..count).map(|_| self.text()).collect::<io::Result<_>>().map(Value::Texts);
                }
                let bytes = self.bytes(scalar_bytes(kind)? * count)?;
                Ok(Value::Scalars { kind, bytes })
            }
            kind => Ok(Value::Scalar { kind, bytes: self.bytes(scalar_bytes(kind)?)? }),
        }
    }

    fn tensor(&mut self) -> io::Result<Tensor> {
        let name = self.name()?;
        let dimensions = self.u32()?;
        if dimensions > MAX_DIMENSIONS {
            return Err(invalid(format!("{name}: {dimensions} dimensions")));
        }
        let shape = (0..dimensions).map(|_| self.u64()).collect::<io::Result<_>>()?;
        Ok(Tensor { name, shape, kind: self.u32()?, offset: self.u64()? })
    }
}
