//! A tiny model: 256 bytes, merges "ab", "cd", "abcd" (which needs both), two control tokens and a filler; one tensor with a
//! row for each token, whose values tell the row, and another one.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::cast_precision_loss)]

use super::vocabulary::{BYTES, MERGES, TOKEN_NUMBERS, TOKEN_TYPES, TOKENS};
use super::{Header, KIND_I32, KIND_U32, Tensor, Value, aligned, write};

const F32: u32 = 0;
/// Values in a row.
const WIDTH: u64 = 2;

/// The file.
pub(crate) fn model() -> Vec<u8> {
    let bytes = (0..BYTES).map(|byte| format!("<{byte}>").into_bytes());
    let others = ["ab", "cd", "abcd", "<|im_start|>", "<|im_end|>", "[PAD5]"].map(|text| text.as_bytes().to_vec());
    let tokens: Vec<Vec<u8>> = bytes.chain(others).collect();
    let mut types = vec![1_i32; tokens.len()];
    let control = tokens.len() - 3;
    types[control..].fill(3);
    let rows = tokens.len() as u64;
    let tensor = |name: &str, rows: u64| Tensor { name: name.into(), shape: vec![WIDTH, rows], kind: F32, offset: 0 };
    let mut header = Header {
        metadata: vec![
            ("general.architecture".into(), Value::Text(b"test".to_vec())),
            (TOKENS.into(), Value::Texts(tokens)),
            (
                TOKEN_TYPES.into(),
                Value::Scalars { kind: KIND_I32, bytes: types.iter().flat_map(|kind| kind.to_le_bytes()).collect() },
            ),
            (MERGES.into(), Value::Texts(["a b", "c d", "ab cd"].map(|merge| merge.into()).to_vec())),
            (
                TOKEN_NUMBERS[0].into(),
                Value::Scalar { kind: KIND_U32, bytes: (control as u32 + 1).to_le_bytes().to_vec() },
            ),
        ],
        tensors: vec![tensor("token_embd.weight", rows), tensor("blk.0.weight", 3)],
    };
    header.tensors[1].offset = aligned(header.tensors[0].bytes().unwrap());
    let mut file = Vec::new();
    write::header(&header, &mut file).unwrap();
    for tensor in &header.tensors {
        // Each value tells its row.
        let values = (0..tensor.rows()).flat_map(|row| [row as f32; WIDTH as usize]);
        file.extend(values.flat_map(f32::to_le_bytes));
        write::padding(tensor.bytes().unwrap(), &mut file).unwrap();
    }
    file
}
