//! A model with fewer tokens: smaller, and faster at every token, as the rows of those left out are neither kept nor computed.
//!
//! Byte-pair vocabularies of GPT-2's kind: tokens 0 to 255 are bytes, then one token for each merge, then control tokens. What
//! is left out can still be written, with shorter tokens.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::{Header, KIND_I32, KIND_U32, Value, invalid, read, write};

pub(super) const TOKENS: &str = "tokenizer.ggml.tokens";
pub(super) const TOKEN_TYPES: &str = "tokenizer.ggml.token_type";
pub(super) const MERGES: &str = "tokenizer.ggml.merges";
/// Keys whose value is the number of a token.
pub(super) const TOKEN_NUMBERS: [&str; 3] =
    ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.bos_token_id", "tokenizer.ggml.padding_token_id"];
/// Tensors with one row for each token.
const TENSORS: [&str; 2] = ["token_embd.weight", "output.weight"];
/// Tokens that are bytes.
pub(super) const BYTES: usize = 256;
/// Types of control tokens and of tokens that a user defined: `llama_token_type` of llama.h.
const CONTROL: [i32; 2] = [3, 4];
/// How the names begin of tokens that only fill the table up.
const FILLER: &[u8] = b"[PAD";

/// Writes the model of `source` with those tokens alone whose bit is set in `kept` (the lowest bit of the first byte is token
/// 0), and with all control tokens.
pub(crate) fn cut(mut source: impl Read + Seek, kept: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let (mut header, data) = read::header(io::BufReader::new(&mut source))?;
    let old = header.tensors.clone();
    let kept = cut_metadata(&mut header, kept)?;
    for tensor in header.tensors.iter_mut().filter(|tensor| TENSORS.contains(&tensor.name.as_str())) {
        if let [_, rows] = &mut tensor.shape[..] {
            *rows = kept.len() as u64;
        }
    }
    write::header(&header, out)?;
    for (old, new) in old.iter().zip(&header.tensors) {
        let (start, bytes) = (data + old.offset, new.bytes()?);
        if old.shape == new.shape {
            source.seek(SeekFrom::Start(start))?;
            copy(&mut source, bytes, out)?;
        } else {
            let row = old.row_bytes()?;
            // Rows that follow one another are read at once.
            for run in kept.chunk_by(|one, next| one + 1 == *next) {
                source.seek(SeekFrom::Start(start + row * run[0] as u64))?;
                copy(&mut source, row * run.len() as u64, out)?;
            }
        }
        write::padding(bytes, out)?;
    }
    Ok(())
}

fn copy(source: &mut impl Read, bytes: u64, out: &mut dyn Write) -> io::Result<()> {
    let copied = io::copy(&mut source.take(bytes), out)?;
    if copied == bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Leaves tokens, their types and merges out; the old numbers of the tokens that stay, in order.
fn cut_metadata(header: &mut Header, kept: &[u8]) -> io::Result<Vec<usize>> {
    let (Some(Value::Texts(tokens)), Some(Value::Texts(merges))) = (header.value(TOKENS), header.value(MERGES)) else {
        return Err(invalid("no byte-pair vocabulary"));
    };
    let Some(Value::Scalars { kind: KIND_I32, bytes: types }) = header.value(TOKEN_TYPES) else {
        return Err(invalid("no types of tokens"));
    };
    let (types, _) = types.as_chunks::<4>();
    let is_kept = |token: usize| kept.get(token / 8).is_some_and(|byte| byte >> (token % 8) & 1 == 1);
    let is_control = |token: usize| {
        types.get(token).is_some_and(|kind| CONTROL.contains(&i32::from_le_bytes(*kind)))
            && !tokens[token].starts_with(FILLER)
    };
    let merged = BYTES + merges.len();
    let stays = |token: &usize| if *token < merged { is_kept(*token) } else { is_control(*token) };
    let kept: Vec<usize> = (0..tokens.len()).filter(stays).collect();
    let numbers: HashMap<usize, u32> = kept.iter().copied().zip(0..).collect();
    let mut new_tokens: Vec<Vec<u8>> = kept.iter().map(|token| tokens[*token].clone()).collect();
    let mut new_types: Vec<u8> = kept.iter().flat_map(|token| types.get(*token).copied().unwrap_or_default()).collect();
    let mut new_merges: Vec<Vec<u8>> =
        merges.iter().enumerate().filter(|(merge, _)| is_kept(BYTES + merge)).map(|(_, text)| text.clone()).collect();
    for (key, value) in &mut header.metadata {
        match key.as_str() {
            TOKENS => *value = Value::Texts(std::mem::take(&mut new_tokens)),
            TOKEN_TYPES => *value = Value::Scalars { kind: KIND_I32, bytes: std::mem::take(&mut new_types) },
            MERGES => *value = Value::Texts(std::mem::take(&mut new_merges)),
            name if TOKEN_NUMBERS.contains(&name) => renumber(value, &numbers, name)?,
            _ => {}
        }
    }
    Ok(kept)
}

fn renumber(value: &mut Value, numbers: &HashMap<usize, u32>, key: &str) -> io::Result<()> {
    let lost = || invalid(format!("{key}: the token is left out"));
    let Value::Scalar { kind: KIND_U32, bytes } = value else { return Err(invalid(format!("{key}: no number"))) };
    let old = bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)).ok_or_else(lost)?;
    let new = usize::try_from(old).ok().and_then(|old| numbers.get(&old)).ok_or_else(lost)?;
    *bytes = new.to_le_bytes().to_vec();
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)]
    use std::io::Cursor;

    use super::super::Tensor;
    use super::super::test_model::model;
    use super::*;

    fn keep(tokens: impl Iterator<Item = usize>) -> Vec<u8> {
        let mut bits = vec![0; 40];
        tokens.for_each(|token| bits[token / 8] |= 1 << (token % 8));
        bits
    }

    #[test]
    fn what_is_written_is_read_again() {
        let file = model();
        let (header, data) = read::header(&file[..]).unwrap();
        let mut again = Vec::new();
        write::header(&header, &mut again).unwrap();
        assert_eq!((data as usize, &again[..]), (again.len(), &file[..again.len()]));
    }

    #[test]
    fn tokens_types_merges_rows_and_numbers_go_together() {
        let mut cut_file = Vec::new();
        cut(Cursor::new(model()), &keep((0..256).chain([256])), &mut cut_file).unwrap();
        let (header, data) = read::header(&cut_file[..]).unwrap();
        let Some(Value::Texts(tokens)) = header.value(TOKENS) else { panic!("no tokens") };
        assert_eq!(&tokens[256..], ["ab", "<|im_start|>", "<|im_end|>"].map(|text| text.as_bytes()));
        assert_eq!(header.value(MERGES), Some(&Value::Texts(vec![b"a b".to_vec()])));
        let end = Value::Scalar { kind: KIND_U32, bytes: 258_u32.to_le_bytes().to_vec() };
        assert_eq!(header.value(TOKEN_NUMBERS[0]), Some(&end));
        let Some(Value::Scalars { bytes, .. }) = header.value(TOKEN_TYPES) else { panic!("no types") };
        assert_eq!(bytes.len(), 259 * 4);
        let row = |tensor: &Tensor, row: u64| {
            let start = (data + tensor.offset + row * tensor.row_bytes().unwrap()) as usize;
            f32::from_le_bytes(cut_file[start..start + 4].try_into().unwrap())
        };
        let [embedding, block] = &header.tensors[..] else { panic!("two tensors") };
        assert_eq!((embedding.shape[1], block.shape[1]), (259, 3));
        assert_eq!([0, 256, 257, 258].map(|n| row(embedding, n)), [0.0, 256.0, 259.0, 260.0]);
        assert_eq!([0, 1, 2].map(|n| row(block, n)), [0.0, 1.0, 2.0]);
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let all = keep(0..259);
        let file = model();
        for broken in [&b"GGUX"[..], &file[..20], &file[..file.len() / 2], &file[..file.len() - 40]] {
            assert!(cut(Cursor::new(broken), &all, &mut io::sink()).is_err(), "{} bytes", broken.len());
        }
        let mut endless = file.clone();
        endless[8..16].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(cut(Cursor::new(endless), &all, &mut io::sink()).is_err());
    }
}
