//! What terminals send beside keys: pastes and the mouse.

use super::{SHOP, Session};

/// What a terminal sends when the left button goes down and up at a place, counted from 1.
fn click(column: u16, row: u16) -> String {
    format!("\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")
}

impl Session {
    /// The place of a text on the screen, counted from 1.
    #[track_caller]
    fn place(&self, text: &str) -> (u16, u16) {
        let screen = self.text();
        let found = screen.lines().zip(1..).find_map(|(line, row)| {
            let before = line.split_once(text)?.0;
            Some((u16::try_from(before.chars().count() + 1).ok()?, row))
        });
        found.unwrap_or_else(|| panic!("no {text:?} on\n{screen}"))
    }

    /// Clicks where a text stands.
    #[track_caller]
    fn clicks(&mut self, text: &str) -> &mut Self {
        let (column, row) = self.place(text);
        self.keys(&click(column, row))
    }
}

#[test]
fn a_pasted_request_is_asked_with_the_line_ends_that_terminals_send() {
    let mut session = Session::start(&["--demo"], 40, 120);
    session.shows("payments-routes");
    session.keys("\x1b[200~POST /payments/charge HTTP/1.1\rHost: api.example.com\rx-a: 1\r\x1b[201~");
    session.shows("from request: POST, 1 header · alt-u undoes");
    session.shows("POST +1 header api.example.com/payments/charge");
    session.shows("● payments/payments-bff:8080");
    session.keys("\x1b[200~curl -X DELETE https://api.example.com/banking/cards\x1b[201~");
    session.shows("from curl: DELETE · alt-u undoes");
    session.shows("DELETE https://api.example.com/banking/cards");
    session.keys("\x03");
    session.shows("emptied · ctrl-c again quits");
    session.keys("\x03");
    session.ends_restored();
}

#[test]
fn rows_tabs_hints_and_edges_take_the_mouse() {
    let mut session = Session::start(&["--demo"], 40, 120);
    session.shows("payments-routes");
    session.clicks("/banking ⇢").shows("kgateway-system/parent · rule 1");
    session.clicks("/banking ⇢").shows("├▸ /banking ⇢ label banking-bff in any namespace (1)");
    session.clicks("table · backends").shows("table · in evaluation order");
    // What is drawn after the tabs is there, too: they are where the screen shows them.
    session.wait("the detail below the table", |screen| {
        screen.contents().lines().any(|line| line.starts_with("╭ listener https"))
    });
    session.clicks("tree · table").shows("┏ tree ━");
    // The edge between tree and detail goes where it is dragged to.
    let (column, row) = session.place("┓╭ ");
    let to = column + 20;
    session.keys(&format!("\x1b[<0;{column};{row}M"));
    let row = row + 4;
    session.keys(&format!("\x1b[<32;{to};{row}M\x1b[<0;{to};{row}m"));
    session.wait("a wider tree", |screen| {
        screen.contents().lines().any(|line| line.split_once("┓╭ ").is_some_and(|(tree, _)| tree.chars().count() > 75))
    });
    session.clicks("quit");
    session.ends_restored();
}

#[test]
fn sources_are_compared_side_by_side() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_string_lossy().into_owned()
    };
    let old = write("old.yaml", SHOP);
    let new = write("new.yaml", &SHOP.replace("orders-v1", "orders-v2"));
    let mut session = Session::start(&["-f", &old, "-f", &new], 40, 120);
    session.shows("x compare");
    session.keys("x").shows("new.yaml · 1 row ≠ old.yaml");
    session.keys("u/orders/1\r").shows("≠ the answers differ");
    session.shows("≠ new.yaml: /orders → Service orders-v2:80");
    write("new.yaml", SHOP);
    session.shows("= the same answer everywhere");
    session.keys("x").shows("not compared any more");
    session.keys("q");
    session.ends_restored();
}
