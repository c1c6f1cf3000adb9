//! What Envoy makes of a path before it looks for a route.
//!
//! kgateway turns on `normalize_path` and `merge_slashes` and leaves escaped slashes alone
//! (kgateway `pkg/kgateway/translator/irtranslator/fc.go`). Envoy then canonicalises the path with Chromium's URL library
//! (`source/common/http/path_utility.cc`, `url/url_canon_path.cc`) and merges slashes afterwards, in that order: `/a//../b`
//! is `/a/b`, not `/b`.

use std::borrow::Cow;

/// Why Envoy answers 400 before it looks at any route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadTarget {
    /// What is wrong, in a clause (`a space`, `%00`).
    pub what: String,
}

/// The methods Envoy's HTTP/1 codec knows (Balsa, `source/common/http/http1/balsa_parser.cc`), without CONNECT, which asks
/// for no path.
const METHODS: &str = " ACL BIND CHECKOUT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE MSEARCH \
                       NOTIFY OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE \
                       UNBIND UNLINK UNLOCK UNSUBSCRIBE ";

/// Whether Envoy's HTTP/1 codec answers this method with 400.
pub fn check_method(method: &str) -> Result<(), BadTarget> {
    let known = |method: &str| METHODS.split_ascii_whitespace().any(|one| one == method);
    if known(method) {
        return Ok(());
    }
    let upper = method.to_ascii_uppercase();
    let what = if known(&upper) {
        format!("the method {method}, and methods are case-sensitive: {upper}")
    } else {
        format!("the method {method}, which Envoy's HTTP/1 does not take")
    };
    Err(BadTarget { what })
}

/// Whether Envoy answers this `Host` with 400 (`HeaderUtility::authorityIsValid`). An empty one it takes.
pub fn check_authority(authority: &str) -> Result<(), BadTarget> {
    // `${NAME}` of a manifest will be something else by the time a client sends it.
    let open = authority.contains("${");
    let is_known =
        |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@[]%".contains(c) || (open && "{}".contains(c));
    match authority.chars().find(|c| !is_known(*c)) {
        None => Ok(()),
        Some(bad) => Err(BadTarget { what: format!("the Host {authority}, and {bad:?} is in no host") }),
    }
}

/// The methods that a row can be reached by where an Envoy reads them, the usual ones first.
pub(crate) fn methods() -> impl Iterator<Item = &'static str> {
    const USUAL: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];
    USUAL.into_iter().chain(METHODS.split_ascii_whitespace().filter(|method| !USUAL.contains(method)))
}

/// Whether a byte of a normalised path stands for itself there: `%` and what comes after a slash aside.
pub(crate) fn is_kept(byte: u8) -> bool {
    matches!(class(byte), Class::Pass | Class::Decode)
}

/// Whether `%XX` of this byte stays in a normalised path.
pub(crate) fn stays_escaped(byte: u8) -> bool {
    byte != b'.' && matches!(class(byte), Class::Pass | Class::Encode)
}

/// How a byte is treated when it comes unescaped, and when it comes as `%XX`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Copied either way.
    Pass,
    /// Percent-encoded when raw; left encoded.
    Encode,
    /// Copied when raw, decoded when encoded: RFC 3986's unreserved characters.
    Decode,
    /// Not allowed either way.
    Refuse,
}

fn class(byte: u8) -> Class {
    match byte {
        0 => Class::Refuse,
        b'-' | b'_' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => Class::Decode,
        1..=b' ' | b'"' | b'#' | b'%' | b'<' | b'>' | b'?' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0x7f.. => {
            Class::Encode
        }
        _ => Class::Pass,
    }
}

/// The path that routes are matched against, and that backends and `Location`s see. Neither query nor fragment.
pub fn normalise(path: &str) -> Result<Cow<'_, str>, BadTarget> {
    if is_plain(path.as_bytes()) {
        return Ok(Cow::Borrowed(path));
    }
    // The request line's own rules: Envoy's HTTP/1 and HTTP/2 codecs refuse these before any normalisation.
    check_target(path)?;
    let canonical = canonicalise(path.as_bytes())?;
    let merged = merge_slashes(&canonical);
    Ok(Cow::Owned(merged.into_owned()))
}

/// Whether path or query hold what Envoy's codecs answer with 400: spaces, control characters, non-ASCII, `#`.
pub fn check_target(target: &str) -> Result<(), BadTarget> {
    let refused = |what: &str| Err(BadTarget { what: what.to_owned() });
    match target.chars().find(|c| !matches!(c, '!'..='~') || *c == '#') {
        None => Ok(()),
        Some(' ') => refused("a space, which a client sends as %20"),
        Some('#') => refused("a #, which a client sends as %23"),
        Some(c) if c.is_ascii() => refused("a control character"),
        Some(c) => Err(BadTarget { what: format!("{c}, which browsers percent-encode and curl sends as it is") }),
    }
}

/// Whether a proxy that takes a request target as it is reads it at all (agentgateway; crate `http`, `uri/path.rs`).
pub fn check_as_it_is(path: &str, query: Option<&str>) -> Result<(), BadTarget> {
    let bad_path = path.chars().find(|c| matches!(c, '\0'..=' ' | '<' | '>' | '`' | '\x7f'));
    let bad = bad_path.or_else(|| query?.chars().find(|c| matches!(c, '\0'..=' ' | '"' | '<' | '>' | '\x7f')));
    match bad {
        None => Ok(()),
        Some(' ') => Err(BadTarget { what: "a space, which a client sends as %20".to_owned() }),
        Some(c) if c.is_ascii_control() => Err(BadTarget { what: "a control character".to_owned() }),
        Some(c) => Err(BadTarget { what: format!("{c}, which a client percent-encodes") }),
    }
}

/// Nothing to do: the common case, decided in one pass.
fn is_plain(path: &[u8]) -> bool {
    let mut previous = 0u8;
    for &byte in path {
        let dull = match byte {
            b'.' | b'/' => previous != b'/',
            b'%' => false,
            _ => matches!(class(byte), Class::Pass | Class::Decode),
        };
        if !dull {
            return false;
        }
        previous = byte;
    }
    path.first() == Some(&b'/')
}

/// Chromium's `CanonicalizePath`.
fn canonicalise(path: &[u8]) -> Result<Vec<u8>, BadTarget> {
    let mut out: Vec<u8> = Vec::with_capacity(path.len() + 8);
    if !path.first().is_some_and(|byte| is_slash(*byte)) {
        out.push(b'/');
    }
    // Where a `%` without two hex digits was copied: decoding right after it could make up an escape (`%%30%30`).
    let mut stray_percent: Option<usize> = None;
    let mut at = 0;
    while at < path.len() {
        let byte = path[at];
        let dot = dot_length(path, at);
        if dot > 0 {
            let segment = if out.last() == Some(&b'/') { after_dot(path, at + dot) } else { Segment::Name };
            match segment {
                Segment::Name => {
                    out.push(b'.');
                    at += dot;
                }
                Segment::Current(consumed) => at += dot + consumed,
                Segment::Parent(consumed) => {
                    up(&mut out);
                    if stray_percent.is_some_and(|stray| stray >= out.len()) {
                        stray_percent = None;
                    }
                    at += dot + consumed;
                }
            }
            continue;
        }
        match byte {
            b'\\' => out.push(b'/'),
            b'%' => {
                if let Some(value) = escape_at(path, at) {
                    at += 2;
                    match class(value) {
                        Class::Decode => {
                            out.push(value);
                            if let Some(stray) = stray_percent.filter(|stray| stray + 3 >= out.len()) {
                                fix_nested_escape(&mut out, stray, path.get(at + 1).copied());
                            }
                        }
                        Class::Refuse => return Err(BadTarget { what: "%00".to_owned() }),
                        Class::Pass | Class::Encode => out.extend_from_slice(&path[at - 2..=at]),
                    }
                } else {
                    stray_percent = Some(out.len());
                    out.push(b'%');
                }
            }
            _ => match class(byte) {
                Class::Encode | Class::Refuse => {
                    const HEX: &[u8; 16] = b"0123456789ABCDEF";
                    out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
                }
                Class::Pass | Class::Decode => out.push(byte),
            },
        }
        at += 1;
    }
    Ok(out)
}

/// What a dot after a slash begins; the numbers are the bytes consumed after that dot.
enum Segment {
    Name,
    Current(usize),
    Parent(usize),
}

fn is_slash(byte: u8) -> bool {
    byte == b'/' || byte == b'\\'
}

/// The length of the dot at `at`, written `.` or `%2e`; 0 when there is none.
fn dot_length(path: &[u8], at: usize) -> usize {
    match path.get(at) {
        Some(b'.') => 1,
        Some(b'%') if escape_at(path, at) == Some(b'.') => 3,
        _ => 0,
    }
}

fn after_dot(path: &[u8], at: usize) -> Segment {
    match path.get(at) {
        None => return Segment::Current(0),
        Some(byte) if is_slash(*byte) => return Segment::Current(1),
        Some(_) => {}
    }
    let second = dot_length(path, at);
    match path.get(at + second) {
        _ if second == 0 => Segment::Name,
        None => Segment::Parent(second),
        Some(byte) if is_slash(*byte) => Segment::Parent(second + 1),
        Some(_) => Segment::Name,
    }
}

/// Back to the slash before the last one; `out` ends with a slash.
fn up(out: &mut Vec<u8>) {
    if out.len() > 1 {
        out.pop();
        while out.len() > 1 && out.last() != Some(&b'/') {
            out.pop();
        }
    }
}

fn escape_at(path: &[u8], at: usize) -> Option<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let value = digit(path.get(at + 1))? * 16 + digit(path.get(at + 2))?;
    u8::try_from(value).ok()
}

/// A decoded character right after a stray `%` must not complete an escape: the stray becomes `%25`.
fn fix_nested_escape(out: &mut Vec<u8>, stray: usize, next: Option<u8>) {
    let length = out.len();
    let last = out[length - 1];
    let lookahead = stray + 2 == length;
    if lookahead {
        match next {
            Some(byte) if byte < 0x80 => out.push(byte),
            _ => return,
        }
    }
    if escape_at(out, stray).is_some() {
        if !lookahead {
            let first = out[stray + 1];
            out.push(first);
        }
        out[stray + 1] = b'2';
        out[stray + 2] = b'5';
        out.push(last);
    } else if lookahead {
        out.truncate(length);
    }
}

/// Envoy's `PathUtil::mergeSlashes`; a path of slashes only becomes `//`.
fn merge_slashes(path: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(path);
    if !text.contains("//") {
        return text;
    }
    let segments: Vec<&str> = text.split('/').filter(|segment| !segment.is_empty()).collect();
    let (start, end) = (if text.starts_with('/') { "/" } else { "" }, if text.ends_with('/') { "/" } else { "" });
    Cow::Owned(format!("{start}{}{end}", segments.join("/")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(path: &str, expected: &str) {
        assert_eq!(normalise(path).as_deref(), Ok(expected), "{path}");
    }

    #[test]
    fn dot_segments_are_resolved() {
        check("/./a/b", "/a/b");
        check("/a/../b", "/b");
        check("/a/b/..", "/a/");
        check("/a/.", "/a/");
        check("/../a", "/a");
        check("/a/%2e%2E/b", "/b");
        check("/a/..b/.c/d.", "/a/..b/.c/d.");
        check("/a/...", "/a/...");
    }

    #[test]
    fn slashes_are_merged_after_the_dots() {
        check("/a//b", "/a/b");
        check("//a///b//", "/a/b/");
        check("/a//../b", "/a/b");
        check("//", "//");
        check("///", "//");
        check("/", "/");
    }

    #[test]
    fn backslashes_are_slashes() {
        check("/a\\b", "/a/b");
        check("/a\\..\\b", "/b");
        check("/a%5Cb", "/a%5Cb");
    }

    #[test]
    fn unreserved_escapes_are_decoded_and_the_rest_kept() {
        check("/%61%2D%7e", "/a-~");
        check("/%2Fa%2f", "/%2Fa%2f");
        check("/%41%20%3a", "/A%20%3a");
        check("/a%2Eb", "/a.b");
        check("/%zz%4", "/%zz%4");
        check("/100%", "/100%");
    }

    #[test]
    fn odd_characters_are_encoded() {
        check("/\"<>^`{|}", "/%22%3C%3E%5E%60%7B%7C%7D");
        check("/!$&'()*+,;=:@[]", "/!$&'()*+,;=:@[]");
    }

    #[test]
    fn what_the_codec_refuses_is_a_400() {
        assert!(normalise("/a b").is_err());
        assert!(normalise("/a%00").is_err());
        assert!(normalise("/ü").is_err());
        assert!(normalise("/a#b").is_err());
        assert!(check_target("q=a b").is_err());
        assert!(check_target("q=a%20b").is_ok());
    }

    #[test]
    fn methods_are_known_and_case_sensitive() {
        assert!(check_method("POST").is_ok() && check_method("PURGE").is_ok());
        assert!(check_method("post").unwrap_err().what.contains("POST"));
        assert!(check_method("FOO").is_err() && check_method("CONNECT").is_err());
    }

    #[test]
    fn a_stray_percent_never_completes_an_escape() {
        check("/%%30%30", "/%2500");
        check("/%%41", "/%A");
    }

    proptest! {
        #[test]
        fn plain_paths_are_left_alone_and_others_settle(path in "/[a-c./%2eE\\\\5~\"|]{0,16}") {
            let Ok(once) = normalise(&path) else { return Ok(()) };
            prop_assert!(once.starts_with('/'));
            prop_assert!(once.is_ascii());
            // A stray `%` may meet new neighbours when slashes merge; everything else is settled after one pass.
            if !path.contains('%') {
                prop_assert_eq!(normalise(&once).unwrap().into_owned(), once.clone().into_owned());
            }
        }

        #[test]
        fn the_short_cut_agrees_with_the_long_way(path in "/[a-c./%2~_-]{0,12}") {
            if is_plain(path.as_bytes()) {
                let long = canonicalise(path.as_bytes()).unwrap();
                let merged = merge_slashes(&long);
                prop_assert_eq!(merged.as_ref(), path.as_str());
            }
        }
    }
}
