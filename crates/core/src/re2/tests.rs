//! What whole patterns match, and which are refused.

use proptest::prelude::*;

use super::{check_re2, compile_full, literal_prefix};

/// The pattern as it is translated, whatever Envoy says to its size.
fn translated(pattern: &str) -> regex::bytes::Regex {
    let read = super::translate::read(pattern, "(?:").unwrap();
    regex::bytes::Regex::new(&format!(r"\A(?:{})\z", read.out)).unwrap()
}

#[track_caller]
pub(super) fn matches(pattern: &str, text: &str) {
    assert!(translated(pattern).is_match(text.as_bytes()), "{pattern} does not match {text}");
}

#[track_caller]
pub(super) fn differs(pattern: &str, text: &str) {
    assert!(!translated(pattern).is_match(text.as_bytes()), "{pattern} matches {text}");
}

#[track_caller]
pub(super) fn refused(pattern: &str) {
    assert!(check_re2(pattern).is_err(), "{pattern} is accepted");
}

#[test]
fn the_whole_text_must_match() {
    matches("/a|/b", "/b");
    differs("/a|/b", "/bc");
    differs("a", "a\n");
    matches("/a/.*", "/a/");
    matches("", "");
    matches("(/a)?", "");
}

#[test]
fn what_re2_refuses_is_refused() {
    for pattern in ["(", ")", "a)", "[a", "[z-a]", "(?=a)", "(?<!a)", "(?x)a", "(?#c)", "(?P<>a)", "(?P<n>a)(?P<n>b)"] {
        refused(pattern);
    }
}

#[test]
fn flags_and_names_of_groups_work() {
    matches("(?i:A)b(?-s:.)", "abc");
    matches("(?U)a+", "aa");
    matches("a(?i)*B", "aab");
    matches("(?P<n>a)(?<m>b)", "ab");
}

#[test]
fn of_a_flag_that_is_set_several_times_the_last_counts() {
    matches("(?ii)a(?i-i:b)(?sis:C.)", "Abc\n");
    differs("(?ii)a(?i-i:b)", "aB");
    matches("a(?ss-s)*.", "aab");
    refused("(?i--s)");
}

#[test]
fn the_literal_prefix_is_what_every_match_begins_with() {
    assert_eq!(literal_prefix("/a/.*"), "/a/");
    assert_eq!(literal_prefix("/ab?"), "/a");
    assert_eq!(literal_prefix("/a+"), "/a");
    assert_eq!(literal_prefix("/a|/b"), "");
    assert_eq!(literal_prefix("(/a)"), "");
    assert_eq!(literal_prefix("/ab(?i)*c"), "/a");
}

#[test]
fn what_envoy_refuses_is_not_compiled() {
    assert!(compile_full(r"\pL{900}").is_err());
    assert!(super::compile_search(r"(?i)(?:\pL{30}\d*){30}").is_err());
}

proptest! {
    #[test]
    fn what_re2_accepts_compiles(pattern in "[ab(){}\\[\\]|*+?.^$\\\\,0-3&~:<>=!QEdpPLxiC-]{0,14}") {
        if check_re2(&pattern).is_ok() {
            prop_assert!(compile_full(&pattern).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn a_match_begins_with_the_literal_prefix(pattern in "/[ab/]{0,3}(\\(\\?i\\)|)[.*+?b]{0,3}", text in "/[ab/]{0,5}") {
        if compile_full(&pattern).is_ok_and(|regex| regex.is_match(text.as_bytes())) {
            prop_assert!(text.starts_with(literal_prefix(&pattern)));
        }
    }
}
