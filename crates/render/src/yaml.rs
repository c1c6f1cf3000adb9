//! Block YAML that says the same to readers of YAML 1.1 and of 1.2 (`yes`, `1_000` and `<<` are text, and in quotes), and
//! in which nothing is written that a terminal would obey.

use std::fmt::Write as _;

use serde_json::Value;

use routescope_core::visible::{escape_yaml, is_invisible};

/// What a reader of YAML 1.1 takes for something other than text.
const WORDS: &[&str] = &["y", "yes", "true", "on", "n", "no", "false", "off", "null"];

/// Writes one document.
pub fn write(document: &Value) -> String {
    let mut text = String::new();
    value(&mut text, document, 0);
    text
}

/// A value that begins here, in a block that is indented by `indent`. Ends with its line.
fn value(out: &mut String, data: &Value, indent: usize) {
    match data {
        Value::Object(entries) if !entries.is_empty() => {
            for (index, (key, inner)) in entries.iter().enumerate() {
                out.push_str(&" ".repeat(if index > 0 { indent } else { 0 }));
                out.push_str(&quoted(key));
                out.push(':');
                let inner_indent = match inner {
                    Value::Object(inner) if !inner.is_empty() => Some(indent + 2),
                    Value::Array(inner) if !inner.is_empty() => Some(indent),
                    _ => None,
                };
                match inner_indent {
                    Some(indent) => {
                        let _ = write!(out, "\n{}", " ".repeat(indent));
                    }
                    None => out.push(' '),
                }
                value(out, inner, inner_indent.unwrap_or(indent));
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                out.push_str(&" ".repeat(if index > 0 { indent } else { 0 }));
                out.push_str("- ");
                value(out, item, indent + 2);
            }
        }
        Value::String(text) => {
            let _ = writeln!(out, "{}", quoted(text));
        }
        // As JSON writes it, which is YAML: a number, a word, an empty list or mapping.
        other => {
            let _ = writeln!(out, "{other}");
        }
    }
}

/// A text, in quotes unless every reader takes it for nothing but text.
fn quoted(text: &str) -> String {
    let begins = text.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '_' | '/'));
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-');
    if begins && text.bytes().all(inner) && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text)) {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            letter if is_invisible(letter) => escape_yaml(letter, &mut out),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}
