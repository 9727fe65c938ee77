//! Weights as TensorFlow.js publishes them: a JSON manifest, followed here by the bytes it describes.
//!
//! The manifest is a list of groups; each lists its tensors in the order of their bytes, with shape and quantisation.
//! An 8-bit tensor's values are `byte * scale + min` (TensorFlow.js, "weights manifest").

use std::collections::BTreeMap;

use serde::Deserialize;

use super::NetError;

/// More values than any tensor of the two nets has.
const MOST_VALUES: usize = 1 << 22;

#[derive(Deserialize)]
struct Group {
    weights: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    shape: Vec<usize>,
    quantization: Option<Quantization>,
}

#[derive(Deserialize)]
struct Quantization {
    scale: f64,
    min: f64,
}

/// Named tensors, row-major.
pub(super) struct Weights(BTreeMap<String, (Vec<usize>, Vec<f32>)>);

impl Weights {
    /// Reads a manifest and the bytes behind it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, NetError> {
        let mut documents = serde_json::Deserializer::from_slice(bytes).into_iter::<Vec<Group>>();
        let groups = match documents.next() {
            Some(Ok(groups)) => groups,
            Some(Err(error)) => return Err(NetError::Manifest(error.to_string())),
            None => return Err(NetError::Manifest("the file is empty".to_owned())),
        };
        let mut rest = bytes.get(documents.byte_offset()..).unwrap_or_default();
        let mut tensors = BTreeMap::new();
        for entry in groups.into_iter().flat_map(|group| group.weights) {
            let count = entry.shape.iter().try_fold(1_usize, |count, side| count.checked_mul(*side));
            let count = count.filter(|count| *count <= MOST_VALUES);
            let size = count.map(|count| if entry.quantization.is_some() { count } else { 4 * count });
            let taken = size.and_then(|size| rest.split_at_checked(size));
            let Some((data, left)) = taken else { return Err(NetError::Short { tensor: entry.name }) };
            rest = left;
            let values = match entry.quantization {
                Some(Quantization { scale, min }) => {
                    data.iter().map(|byte| (f64::from(*byte) * scale + min) as f32).collect()
                }
                None => data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
            };
            tensors.insert(entry.name, (entry.shape, values));
        }
        if rest.is_empty() { Ok(Self(tensors)) } else { Err(NetError::Long { left: rest.len() }) }
    }

    /// Takes a tensor of a known shape.
    pub(super) fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, NetError> {
        match self.0.remove(name) {
            Some((found, values)) if found == shape => Ok(values),
            found => Err(NetError::Tensor {
                tensor: name.to_owned(),
                expected: shape.to_vec(),
                found: found.map(|(shape, _)| shape),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    const MANIFEST: &str = r#"[{"weights":[
        {"name":"a","shape":[3],"dtype":"float32","quantization":{"dtype":"uint8","scale":0.5,"min":-1.0}},
        {"name":"b","shape":[1,1],"dtype":"float32"}]}]"#;

    fn file(data: &[u8]) -> Vec<u8> {
        [MANIFEST.as_bytes(), data].concat()
    }

    #[test]
    fn quantised_and_plain_tensors_are_read_in_the_order_of_the_manifest() {
        let mut weights = Weights::parse(&file(&[0, 2, 4, 0, 0, 32, 64])).unwrap();
        assert_eq!(weights.take("a", &[3]).unwrap(), [-1.0, 0.0, 1.0]);
        assert_eq!(weights.take("b", &[1, 1]).unwrap(), [2.5]);
        assert!(matches!(weights.take("a", &[3]), Err(NetError::Tensor { found: None, .. })));
    }

    #[test]
    fn files_that_are_cut_too_long_or_of_another_shape_are_refused() {
        assert!(matches!(Weights::parse(&file(&[0, 2, 4, 0, 0])), Err(NetError::Short { .. })));
        assert!(matches!(Weights::parse(&file(&[0; 8])), Err(NetError::Long { left: 1 })));
        assert!(matches!(Weights::parse(b""), Err(NetError::Manifest(_))));
        assert!(matches!(Weights::parse(b"\x89PNG"), Err(NetError::Manifest(_))));
        let mut weights = Weights::parse(&file(&[0; 7])).unwrap();
        assert!(matches!(weights.take("a", &[1, 3]), Err(NetError::Tensor { found: Some(_), .. })));
    }
}
