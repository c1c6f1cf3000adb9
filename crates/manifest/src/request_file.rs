//! A text that is not a manifest: the list of requests.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::SourceError;
use super::limits::REQUEST_BYTES;

fn read_up_to(from: impl Read) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    from.take(REQUEST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > REQUEST_BYTES {
        let reason = format!("larger than {} MiB, which is the limit", REQUEST_BYTES >> 20);
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, reason));
    }
    String::from_utf8(bytes).map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))
}

/// Reads a file, or standard input for `-`.
pub fn read(path: &Path) -> Result<String, SourceError> {
    let name = path.display();
    let read = if path == Path::new("-") {
        read_up_to(std::io::stdin().lock())
    } else {
        File::open(path).and_then(read_up_to)
    };
    read.map_err(|error| {
        let (reason, hint) = match error.kind() {
            std::io::ErrorKind::NotFound => ("no such file".to_owned(), "check the path"),
            std::io::ErrorKind::InvalidData => ("it is not UTF-8 text".to_owned(), "write one URL on each line"),
            std::io::ErrorKind::FileTooLarge => (error.to_string(), "ask in several runs"),
            _ => (error.to_string(), "check that it is a file that can be read"),
        };
        SourceError { message: format!("cannot read {name}: {reason}"), hint: Some(hint.to_owned()) }
    })
}
