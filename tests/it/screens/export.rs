//! `:export`: what would be written, without writing it.

use routescope::tui::effect::Effect;
use routescope::tui::export::{Content, write};

use super::explorer::{Explorer, demo, hides, shows};

/// Enters a command; returns what it would write, and whether over a file that is there.
fn exported(explorer: &mut Explorer, command: &str) -> (String, bool) {
    explorer.effects.clear();
    explorer.press(&[":"]).write(command);
    explorer.press(&["enter"]);
    match explorer.effects.pop() {
        Some(Effect::Export { content, overwrite, .. }) => {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("it").display().to_string();
            write(&path, overwrite, content).expect("it is written");
            (std::fs::read_to_string(path).expect("a file"), overwrite)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_screen_is_written_without_the_command_line() {
    let mut explorer = demo(120, 40);
    explorer.ask("https://api.example.com/payments/charge/42").press(&["enter"]);
    let screen = explorer.text();
    let (text, overwrite) = exported(&mut explorer, "export view.txt");
    let lines = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(lines(&text), lines(&screen));
    assert!(!overwrite && exported(&mut explorer, "export! view.txt").1);
    let (svg, _) = exported(&mut explorer, "export view.svg");
    assert!(svg.starts_with("<svg ") && svg.contains("payments-bff:8080") && !svg.contains(":export"), "{svg}");
    let about = "<title>routescope: demo: where does GET https://api.example.com/payments/charge/42 go?</title>";
    assert!(svg.contains(about), "{svg}");
    hides(&explorer, ":export");
}

#[test]
fn markdown_has_the_explanation_or_the_whole_tree() {
    let mut explorer = demo(80, 24);
    explorer.press(&["-"]);
    let (tree, _) = exported(&mut explorer, "export tree.md");
    assert!(tree.starts_with("`demo`\n\n```text\n") && tree.ends_with("```\n"), "{tree}");
    assert!(tree.contains("/payments/charge"), "what is folded is written, too: {tree}");
    explorer.ask("https://api.example.com/payments/charge/42").press(&["enter"]);
    let (answer, _) = exported(&mut explorer, "export answer.MD");
    assert!(answer.starts_with("`GET https://api.example.com/payments/charge/42`\n\n```text\n"), "{answer}");
    assert!(answer.contains("payments-bff:8080") && answer.matches("```").count() == 2, "{answer}");
}

#[test]
fn a_name_that_says_no_form_stays_to_be_mended() {
    let mut explorer = demo(120, 40);
    explorer.press(&[":"]).write("export view.png");
    explorer.press(&["enter"]);
    shows(&explorer, ":export view.png   view.png is not .svg, .txt or .md");
    assert!(!explorer.effects.iter().any(|effect| matches!(effect, Effect::Export { .. })));
    explorer.press(&["ctrl-u"]).write("export");
    explorer.press(&["enter"]);
    shows(&explorer, "export needs a file");
}

#[test]
fn nothing_is_written_before_anything_was_read() {
    let explorer = Explorer::waiting("slow", 80, 24);
    let content = routescope::tui::export::content(&explorer.state, routescope::tui::export::Form::Markdown);
    assert!(matches!(content, Content::Nothing));
    assert_eq!(write("/nowhere/a.md", false, content), Err("nothing was read yet".to_owned()));
}
