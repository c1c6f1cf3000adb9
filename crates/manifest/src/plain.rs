//! A text that is no manifest: the list of requests.

use std::io::Read;
use std::path::Path;

use super::SourceError;

/// Reads a file, or standard input for `-`.
pub fn read(path: &Path) -> Result<String, SourceError> {
    let name = path.display();
    let read = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|error| {
        let (reason, hint) = match error.kind() {
            std::io::ErrorKind::NotFound => ("no such file".to_owned(), "check the path"),
            std::io::ErrorKind::InvalidData => ("it is not UTF-8 text".to_owned(), "write one URL on each line"),
            _ => (error.to_string(), "check that it is a file that can be read"),
        };
        SourceError { message: format!("cannot read {name}: {reason}"), hint: Some(hint.to_owned()) }
    })
}
