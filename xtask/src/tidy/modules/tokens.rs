//! Paths in the tokens of macro calls and attributes, whose grammar is their own.

use proc_macro2::{Delimiter, Literal, TokenStream, TokenTree};

use super::path::{NamePath, Place, Reference, name};

/// Finds everything that looks like a path: names joined by `::`, and single names that are not fields or labels.
pub(super) fn paths(stream: TokenStream, found: &mut Vec<Reference>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => {
                paths(group.stream(), found);
                at += 1;
            }
            TokenTree::Ident(first) => {
                let line = first.span().start().line;
                let (names, end) = names_from(&tokens, at);
                let absolute = at >= 2 && is_path_separator(&tokens, at - 2) && !is_dollar_crate(&tokens, at);
                let is_field = at >= 1 && is_punctuation(&tokens[at - 1], '.') && !is_range(&tokens, at);
                let colon = tokens.get(end).is_some_and(|next| is_punctuation(next, ':'));
                let is_label = names.len() == 1 && colon && !is_path_separator(&tokens, end);
                if !is_field && !is_label {
                    let place = if calls_macro(&tokens, end) { Place::Macro } else { Place::Code };
                    found.push(Reference { path: NamePath { names, absolute }, place, line });
                }
                at = end;
            }
            _ => at += 1,
        }
    }
}

/// The literals among the tokens.
pub(super) fn strings(stream: TokenStream) -> Vec<Literal> {
    let mut literals = Vec::new();
    for token in stream {
        match token {
            TokenTree::Literal(literal) => literals.push(literal),
            TokenTree::Group(group) => literals.extend(strings(group.stream())),
            _ => {}
        }
    }
    literals
}

/// The names of the path that begins at `start`, and where it ends.
fn names_from(tokens: &[TokenTree], start: usize) -> (Vec<String>, usize) {
    let mut names = Vec::new();
    let mut at = start;
    while let Some(TokenTree::Ident(ident)) = tokens.get(at) {
        names.push(name(ident));
        at += 1;
        if !is_path_separator(tokens, at) || !matches!(tokens.get(at + 2), Some(TokenTree::Ident(_))) {
            break;
        }
        at += 2;
    }
    (names, at)
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |at: usize| tokens.get(at).is_some_and(|token| is_punctuation(token, ':'));
    colon(at) && colon(at + 1)
}

fn is_punctuation(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punctuation) if punctuation.as_char() == character)
}

/// Whether the name at `at` is the end of a range rather than a field.
fn is_range(tokens: &[TokenTree], at: usize) -> bool {
    at >= 2 && is_punctuation(&tokens[at - 2], '.')
}

fn is_dollar_crate(tokens: &[TokenTree], at: usize) -> bool {
    at >= 1 && is_punctuation(&tokens[at - 1], '$')
}

/// Whether what follows makes the path before it the name of a macro: `!` and a group.
fn calls_macro(tokens: &[TokenTree], at: usize) -> bool {
    let bang = tokens.get(at).is_some_and(|token| is_punctuation(token, '!'));
    let group = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() != Delimiter::None);
    bang && tokens.get(at + 1).is_some_and(group)
}
