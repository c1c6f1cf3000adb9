//! Saves what was read as a file that can be loaded again, as a whole or not at all, and never over another
//! one's work.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use super::SourceError;

/// What may be overwritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// A file that begins with this.
    Own(&'static str),
    /// Any file.
    Any,
    /// None.
    Nothing,
}

/// Whether something has this name. A link that leads nowhere is there, too.
pub fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Whether a file may be written; asked before there is anything to write, and again then.
pub fn may_write(path: &Path, overwrite: Overwrite) -> Result<(), SourceError> {
    let shown = path.display();
    if overwrite == Overwrite::Nothing && is_there(path) {
        let message = format!("cannot write {shown}: it is there already");
        return Err(SourceError { message, hint: Some("name another file".to_owned()) });
    }
    let about = match fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(path, &error)),
    };
    if !about.is_file() {
        let message = format!("cannot write {shown}: it is not a regular file");
        return Err(SourceError { message, hint: Some("-o - writes to standard output".to_owned()) });
    }
    let Overwrite::Own(marker) = overwrite else { return Ok(()) };
    let mut begin = Vec::new();
    let limit = marker.len() as u64;
    fs::File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut begin))
        .map_err(|error| failed(path, &error))?;
    if begin == marker.as_bytes() {
        return Ok(());
    }
    let message = format!("cannot write {shown}: it is there already, and is not a snapshot");
    Err(SourceError { message, hint: Some("name another file, or overwrite it with --force".to_owned()) })
}

/// Writes the file as a whole or not at all.
pub fn save(path: &Path, text: &str, overwrite: Overwrite) -> Result<(), SourceError> {
    may_write(path, overwrite)?;
    replace(path, text, fs::OpenOptions::new())
}

/// Writes a file that nobody else may read, as a whole or not at all, whatever was there.
pub fn save_private(path: &Path, text: &str) -> Result<(), SourceError> {
    #[allow(unused_mut)] // where there are no modes
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    replace(path, text, options)
}

/// Puts a new file in the place of what is there.
fn replace(path: &Path, text: &str, mut options: fs::OpenOptions) -> Result<(), SourceError> {
    // A link stays a link to what is written.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = target.with_file_name(name);
    let mut write = || {
        let mut file = options.write(true).create_new(true).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &target)
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&beside);
        failed(path, &error)
    })
}

fn failed(path: &Path, error: &std::io::Error) -> SourceError {
    let text = error.to_string();
    let reason = text.split(" (os error").next().unwrap_or_default();
    let message = format!("cannot write {}: {reason}", path.display());
    SourceError { message, hint: Some("is there such a folder, and may you write in it?".to_owned()) }
}
