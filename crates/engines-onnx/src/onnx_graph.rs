//! Exposes an inner tensor of an ONNX model as one more output, by editing the model's bytes.
//!
//! Only as much protobuf as that takes: walk the fields, copy them unchanged, append one. Field numbers are those of
//! `onnx.proto3` in the ONNX project: `ModelProto.graph` = 7, `GraphProto.node` = 1, `GraphProto.output` = 12,
//! `NodeProto.output` = 2, `NodeProto.op_type` = 4, `ValueInfoProto.name` = 1.

const MODEL_GRAPH: u64 = 7;
const GRAPH_NODE: u64 = 1;
const GRAPH_OUTPUT: u64 = 12;
const NODE_OUTPUT: u64 = 2;
const NODE_OP_TYPE: u64 = 4;
const VALUE_NAME: u64 = 1;

/// Why a model can't be edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GraphError {
    /// The bytes are no protobuf message, or end too early.
    #[error("the file is not an ONNX model, or is cut short")]
    Malformed,
    /// There is no graph in it.
    #[error("the file holds no ONNX graph")]
    NoGraph,
}

/// One field: its number, its whole encoding, and the content of a length-delimited one (else empty).
struct Field<'a> {
    number: u64,
    encoded: &'a [u8],
    content: &'a [u8],
}

struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn next(&mut self) -> Result<Option<Field<'a>>, GraphError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let start = self.rest;
        let key = self.varint()?;
        let content = match key & 7 {
            0 => {
                self.varint()?;
                &[]
            }
            1 => {
                self.take(8)?;
                &[]
            }
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| GraphError::Malformed)?;
                self.take(length)?
            }
            5 => {
                self.take(4)?;
                &[]
            }
            _ => return Err(GraphError::Malformed),
        };
        let encoded = &start[..start.len() - self.rest.len()];
        Ok(Some(Field { number: key >> 3, encoded, content }))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], GraphError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(GraphError::Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, GraphError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(GraphError::Malformed)
    }
}

/// The names of the outputs of every node whose operator is `operator`, in the order of the graph.
pub(crate) fn outputs_of(model: &[u8], operator: &str) -> Result<Vec<String>, GraphError> {
    let mut names = Vec::new();
    let mut found_graph = false;
    let mut model_fields = Fields { rest: model };
    while let Some(graph) = model_fields.next()? {
        if graph.number != MODEL_GRAPH {
            continue;
        }
        found_graph = true;
        let mut graph_fields = Fields { rest: graph.content };
        while let Some(node) = graph_fields.next()? {
            if node.number == GRAPH_NODE {
                names.extend(outputs_of_node(node.content, operator)?);
            }
        }
    }
    if found_graph { Ok(names) } else { Err(GraphError::NoGraph) }
}

fn outputs_of_node(node: &[u8], operator: &str) -> Result<Vec<String>, GraphError> {
    let mut outputs = Vec::new();
    let mut matches = false;
    let mut fields = Fields { rest: node };
    while let Some(field) = fields.next()? {
        if field.number == NODE_OP_TYPE {
            matches = field.content == operator.as_bytes();
        } else if field.number == NODE_OUTPUT {
            outputs.push(String::from_utf8_lossy(field.content).into_owned());
        }
    }
    Ok(if matches { outputs } else { Vec::new() })
}

/// A copy of `model` with `tensor` among its outputs.
pub(crate) fn with_output(model: &[u8], tensor: &str) -> Result<Vec<u8>, GraphError> {
    let mut name = Vec::new();
    put_bytes(&mut name, VALUE_NAME, tensor.as_bytes());
    let mut output = Vec::new();
    put_bytes(&mut output, GRAPH_OUTPUT, &name);

    let mut edited = Vec::with_capacity(model.len() + output.len() + 16);
    let mut found_graph = false;
    let mut fields = Fields { rest: model };
    while let Some(field) = fields.next()? {
        if field.number == MODEL_GRAPH {
            found_graph = true;
            put_varint(&mut edited, (MODEL_GRAPH << 3) | 2);
            put_varint(&mut edited, (field.content.len() + output.len()) as u64);
            edited.extend_from_slice(field.content);
            edited.extend_from_slice(&output);
        } else {
            edited.extend_from_slice(field.encoded);
        }
    }
    if found_graph { Ok(edited) } else { Err(GraphError::NoGraph) }
}

fn put_bytes(out: &mut Vec<u8>, number: u64, content: &[u8]) {
    put_varint(out, (number << 3) | 2);
    put_varint(out, content.len() as u64);
    out.extend_from_slice(content);
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    /// A model with a version number (varint), a graph of two nodes and a producer name behind it.
    fn model() -> Vec<u8> {
        let mut graph = Vec::new();
        for (operator, output) in [("Ceil", "/Ceil_output_0"), ("Add", "sum")] {
            let mut node = Vec::new();
            put_bytes(&mut node, NODE_OUTPUT, output.as_bytes());
            put_bytes(&mut node, NODE_OP_TYPE, operator.as_bytes());
            put_bytes(&mut graph, GRAPH_NODE, &node);
        }
        let mut model = vec![1 << 3, 8];
        put_bytes(&mut model, MODEL_GRAPH, &graph);
        put_bytes(&mut model, 2, b"producer");
        model
    }

    fn output_names(model: &[u8]) -> Vec<String> {
        let mut names = Vec::new();
        let mut fields = Fields { rest: model };
        while let Some(graph) = fields.next().unwrap() {
            let mut inner = Fields { rest: graph.content };
            while graph.number == MODEL_GRAPH
                && let Some(field) = inner.next().unwrap()
            {
                if field.number == GRAPH_OUTPUT {
                    let name = Fields { rest: field.content }.next().unwrap().unwrap();
                    names.push(String::from_utf8_lossy(name.content).into_owned());
                }
            }
        }
        names
    }

    #[test]
    fn finds_the_outputs_of_an_operator() {
        assert_eq!(outputs_of(&model(), "Ceil").unwrap(), ["/Ceil_output_0"]);
        assert!(outputs_of(&model(), "Conv").unwrap().is_empty());
    }

    #[test]
    fn adds_an_output_and_keeps_the_rest() {
        let edited = with_output(&model(), "/Ceil_output_0").unwrap();
        assert_eq!(output_names(&edited), ["/Ceil_output_0"]);
        assert_eq!(outputs_of(&edited, "Add").unwrap(), ["sum"]);
        assert_eq!(edited[..2], model()[..2]);
        assert!(edited.ends_with(b"producer"));
    }

    #[test]
    fn bytes_that_are_no_model_are_refused() {
        assert_eq!(outputs_of(b"", "Ceil"), Err(GraphError::NoGraph));
        assert_eq!(with_output(b"RIFF....WAVE", "x"), Err(GraphError::Malformed));
        let cut = model();
        for length in 1..cut.len() - 1 {
            // A cut between two fields leaves a shorter message; anywhere else it must be seen.
            let _ = outputs_of(&cut[..length], "Ceil");
        }
        assert_eq!(outputs_of(&cut[..cut.len() - 1], "Ceil"), Err(GraphError::Malformed));
    }
}
