//! A row of names in few columns: words go before letters. What is the default goes first (`Service` as the kind of a
//! backend), then details, then letters of hosts, then of names; the path goes last.

use std::borrow::Cow;

use routescope_render::phrases::DEFAULT_WORDS;
use routescope_render::style::{Line, Role, Span};
use routescope_render::width::Width;

use super::text::{cut, narrowed, without_doubles};

/// The row in at most `columns`.
pub fn fit_row(line: Line, columns: usize) -> Line {
    if line.width() <= columns {
        return line;
    }
    let mut line = without_defaults(line);
    while line.width() > columns && drop_detail(&mut line) {}
    let mut widths: Vec<usize> = line.spans.iter().map(|span| span.text.width()).collect();
    let kinds: [fn(&Span) -> bool; 3] = [
        |span| span.role == Role::Host,
        |span| !matches!(span.role, Role::Host | Role::Path),
        |span| span.role == Role::Path,
    ];
    for kind in kinds {
        narrowed(&mut widths, columns, |at| kind(&line.spans[at]));
    }
    for (span, width) in line.spans.iter_mut().zip(widths) {
        if span.text.width() > width {
            span.text = cut(&span.text, span.role, width).into();
        }
    }
    super::text::clip(without_doubles(line), columns)
}

/// The row without the words that say what is the default, and without its details: how narrow it gets before letters go.
pub fn narrowest(line: Line) -> Line {
    let mut line = without_defaults(line);
    while drop_detail(&mut line) {}
    line
}

/// The line without the words that say what is the default. Sentences stay whole.
pub fn without_defaults(mut line: Line) -> Line {
    for span in line.spans.iter_mut().filter(|span| matches!(span.role, Role::Dim | Role::Route)) {
        if let Some(kept) = DEFAULT_WORDS.iter().find_map(|word| span.text.strip_prefix(word)) {
            span.text = Cow::Owned(kept.to_owned());
        }
    }
    line.spans.retain(|span| !span.text.is_empty());
    line
}

/// Takes the last detail away: what is said behind the name that a row leads to. `false` where there is none.
fn drop_detail(line: &mut Line) -> bool {
    let is_name = |span: &Span| matches!(span.role, Role::Backend | Role::Label | Role::Gateway | Role::Route);
    let name = line.spans.iter().position(is_name);
    let Some(name) = name.or_else(|| line.spans.iter().rposition(|span| span.role == Role::Guide)) else {
        return false;
    };
    // Behind a comma stands another name.
    let is_detail = |span: &Span| span.role == Role::Dim && !span.text.starts_with(',');
    let detail = line.spans.iter().rposition(is_detail).filter(|at| *at > name);
    if let Some(at) = detail {
        line.spans.truncate(at);
    }
    detail.is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::text::LEAST;
    use super::*;

    fn rule() -> impl Strategy<Value = Line> {
        let name = || "[a-z]{1,9}(-[a-z]{1,9}){0,3}";
        let path = "(/[a-z0-9-]{1,12}){1,7}";
        let conditions = prop::collection::vec(("x-[a-z]{1,12}", "[a-z0-9]{1,9}"), 0..3);
        let host = prop::option::of("[a-z]{1,12}\\.example\\.com");
        let namespace = prop::option::of("[a-z]{1,12}");
        let label = any::<bool>();
        (host, path, conditions, label, namespace, name(), prop::option::of(name())).prop_map(
            |(host, path, conditions, label, namespace, name, becomes)| {
                let mut line = Line::new();
                if let Some(host) = host {
                    line.push(Role::Host, format!("{host} "));
                }
                line.push(Role::Path, path);
                for (header, value) in conditions {
                    line = line.with(Role::Dim, " · ").with(Role::Matcher, format!("{header}: {value}"));
                }
                if label {
                    line = line.with(Role::Guide, " ⇢ ").with(Role::Dim, "label ").with(Role::Label, name);
                    return line.with(Role::Dim, " in any namespace");
                }
                line = line.with(Role::Guide, " → ").with(Role::Dim, "Service ");
                if let Some(namespace) = namespace {
                    line.push(Role::Namespace, format!("{namespace}/"));
                }
                line = line.with(Role::Backend, name).with(Role::Backend, ":8080");
                if let Some(becomes) = becomes {
                    line = line.with(Role::Dim, " · host becomes ").with(Role::Host, becomes);
                }
                line
            },
        )
    }

    fn texts(line: &Line, role: Role) -> Vec<String> {
        line.spans.iter().filter(|span| span.role == role).map(|span| span.text.to_string()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

        #[test]
        fn words_go_before_letters_and_the_path_goes_last(line in rule(), columns in 0..120_usize) {
            let whole = narrowest(line.clone());
            let fitted = fit_row(line.clone(), columns);
            prop_assert!(fitted.width() <= columns, "{fitted:?} in {columns}");
            prop_assert!(!fitted.plain().contains("……"));
            if line.width() <= columns {
                prop_assert_eq!(&fitted, &line);
            } else if whole.width() <= columns {
                // Words are enough: every letter of the names stays.
                for role in [Role::Path, Role::Backend, Role::Namespace, Role::Label, Role::Matcher] {
                    prop_assert_eq!(texts(&fitted, role), texts(&whole, role));
                }
            }
            if texts(&fitted, Role::Path) != texts(&line, Role::Path) {
                prop_assert!(fitted.spans.iter().all(|span| span.role == Role::Path || span.text.width() <= LEAST));
                prop_assert!(DEFAULT_WORDS.iter().all(|word| !fitted.plain().contains(word)));
                prop_assert!(!fitted.plain().contains("becomes"));
            }
        }
    }

    #[test]
    fn the_kind_goes_first_then_the_details_then_letters() {
        let line = Line::of(Role::Path, "/payments/refund")
            .with(Role::Guide, " → ")
            .with(Role::Dim, "Service ")
            .with(Role::Backend, "payments-external")
            .with(Role::Backend, ":443")
            .with(Role::Dim, " · host becomes ")
            .with(Role::Host, "eu.example.net");
        let fitted = |columns| fit_row(line.clone(), columns).plain();
        assert_eq!(fitted(70), "/payments/refund → payments-external:443 · host becomes eu.example.net");
        assert_eq!(fitted(69), "/payments/refund → payments-external:443");
        assert_eq!(fitted(36), "/payments/refund → paymen…ternal:443");
        assert_eq!(fitted(30), "/paymen…/refund → paym…nal:443");
    }

    #[test]
    fn sentences_are_cut_at_the_end_and_places_at_the_left() {
        let line = Line::of(Role::Text, "the path is not under it");
        assert_eq!(fit_row(line, 14).plain(), "the path is n…");
        let line = Line::of(Role::Location, "examples/field-guide/payments.yaml:25");
        assert_eq!(fit_row(line, 20).plain(), "…de/payments.yaml:25");
    }
}
