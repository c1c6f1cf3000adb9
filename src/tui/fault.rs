//! One fault is one sentence: what other lines of the detail pane say of it again is left out.

use super::node_details::Fact;
use routescope_core::finding::Finding;
use routescope_render::findings;
use routescope_render::style::{Line, Role};

/// So much of the beginning of two sentences is alike where both tell of one fault.
const ALIKE: usize = 24;

/// Leaves the sentence of a fault to the line `client`, and of the others what they say beside it.
pub fn say_once(facts: &mut Vec<Fact>) {
    let Some(sentence) = sentence(facts) else { return };
    facts.retain_mut(|(name, line)| match *name {
        // The status, and that the gateway makes it up, is said.
        "answers" | "body" | "dropped" => false,
        "delegates" => {
            cut(line, None);
            true
        }
        "backend" => {
            cut(line, Some(&sentence));
            true
        }
        _ => true,
    });
}

/// The sentence of the fault, without its status.
fn sentence(facts: &[Fact]) -> Option<String> {
    let (_, line) = facts.iter().find(|(name, _)| *name == "client")?;
    let plain = line.plain();
    let rest = plain.strip_prefix(['✗', '↺'])?.trim_start();
    Some(rest.split_once(": ").map_or(rest, |(_, sentence)| sentence).to_owned())
}

/// Cuts off what follows the cross of a line, but for a status; only what tells of `sentence`, where that is given.
fn cut(line: &mut Line, sentence: Option<&str>) {
    let Some(cross) = line.spans.iter().position(|span| span.role == Role::Error && span.text.contains('✗')) else {
        return;
    };
    let said: String = line.spans[cross + 1..].iter().map(|span| &*span.text).collect();
    if sentence.is_none_or(|sentence| alike(&said, sentence) || sentence.contains(said.trim())) {
        line.spans.truncate(cross + 1);
        let mark = line.spans[cross].text.trim_end_matches([' ', ':']).to_owned();
        line.spans[cross].text = mark.into();
    }
}

/// Whether two sentences begin alike.
fn alike(one: &str, other: &str) -> bool {
    let beginning = |text: &str| text.trim().chars().take(ALIKE).collect::<String>();
    let (one, other) = (beginning(one), beginning(other));
    !one.is_empty() && (one.starts_with(&other) || other.starts_with(&one))
}

/// A finding as a line of the detail pane; of one that tells of the fault that is said already, only what to do.
pub fn finding(facts: &[Fact], finding: &Finding, glyph: (&'static str, Role)) -> Option<Fact> {
    let known = sentence(facts).is_some_and(|sentence| alike(&findings::message(finding), &sentence));
    match (known, findings::help(finding)) {
        (true, Some(help)) => Some(("fix", Line::of(Role::Hint, help))),
        (true, None) => None,
        (false, help) => {
            let mut line = Line::of(glyph.1, glyph.0).with(Role::Text, findings::message(finding));
            if let Some(help) = help {
                line.push(Role::Hint, format!(" · {help}"));
            }
            Some(("finding", line))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_said_once_and_its_marks_stay() {
        let line = |role, text: &str| Line::of(role, text.to_owned());
        let mut facts = vec![
            ("client", line(Role::Error, "✗ 500: Service a/b has no port 90")),
            (
                "backend",
                line(Role::Text, "Service b:90")
                    .with(Role::Error, " ✗ 500: ")
                    .with(Role::Text, "Service a/b has no port 90"),
            ),
            ("answers", line(Role::Error, "500").with(Role::Dim, " invalid")),
            ("match", line(Role::Text, "PathPrefix /x")),
        ];
        say_once(&mut facts);
        let told: Vec<String> = facts.iter().map(|(name, line)| format!("{name} {}", line.plain())).collect();
        assert_eq!(
            told,
            ["client ✗ 500: Service a/b has no port 90", "backend Service b:90 ✗ 500", "match PathPrefix /x"]
        );
    }

    #[test]
    fn without_a_fault_everything_stays() {
        let mut facts =
            vec![("answers", Line::of(Role::Error, "404")), ("client", Line::of(Role::Dim, "? not in view"))];
        say_once(&mut facts);
        assert_eq!(facts.len(), 2);
    }
}
