//! Bytes to text: UTF-8, or UTF-16 with a byte order mark (what a Windows shell's `>` writes, and go-yaml reads).

/// The text, and whether something in it was not text: then U+FFFD stands in its place.
pub fn decode(mut bytes: Vec<u8>) -> (String, bool) {
    match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => return utf_16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => return utf_16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, ..] => drop(bytes.drain(..3)),
        _ => {}
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text, false),
        Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
    }
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (String, bool) {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut lossy = !rest.is_empty();
    let characters = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)));
    let text = characters.map(|c| {
        lossy |= c.is_err();
        c.unwrap_or(char::REPLACEMENT_CHARACTER)
    });
    let text = text.collect();
    (text, lossy)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn byte_order_marks_are_no_text() {
        assert_eq!(decode(b"\xEF\xBB\xBFkind: x".to_vec()), ("kind: x".to_owned(), false));
        assert_eq!(decode(b"\xFF\xFEk\0:\0".to_vec()), ("k:".to_owned(), false));
        assert_eq!(decode(b"\xFE\xFF\0k\0:".to_vec()), ("k:".to_owned(), false));
    }

    #[test]
    fn what_is_no_text_is_noticed() {
        assert_eq!(decode(b"a: \xC3(".to_vec()), ("a: \u{FFFD}(".to_owned(), true));
        assert_eq!(decode(b"\xFF\xFEk\0:".to_vec()), ("k".to_owned(), true));
    }
}
