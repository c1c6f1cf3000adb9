//! Manifests of a revision, through the git on PATH: it lists a folder and gives the files of it, and writes nothing.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::files::{Input, is_manifest};
use super::{SourceError, kustomization};

/// What `path` is at `revision`: a file, or a folder with the files in it, under their own names. Folders are read as `-f`
/// reads them: at every depth when `recursive`.
pub fn files(revision: &str, path: &str, recursive: bool) -> Result<Vec<Input>, SourceError> {
    if revision.starts_with('-') {
        return Err(failed(revision, "it begins with a dash"));
    }
    let path = if path.is_empty() { "." } else { path };
    let listed = run(&["ls-tree", "-r", "-z", revision, "--", path], b"")?;
    if !listed.status.success() {
        return Err(failed(revision, &complaint(&listed)));
    }
    let folder = path.trim_end_matches('/').trim_start_matches("./");
    let mut wanted: Vec<(String, String)> = Vec::new();
    let mut is_file = false;
    for entry in String::from_utf8_lossy(&listed.stdout).split('\0') {
        let Some((about, name)) = entry.split_once('\t') else { continue };
        let mut about = about.split(' ');
        let (Some(_mode), Some("blob"), Some(id)) = (about.next(), about.next(), about.next()) else { continue };
        let below = match name.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) {
            Some(below) => below,
            None if folder == "." => name,
            // The path is a file.
            None => "",
        };
        let own = below.is_empty();
        is_file |= own;
        let is_read = is_manifest(Path::new(name)) || kustomization::is_one(Path::new(name));
        if own || (is_read && (recursive || !below.contains('/'))) {
            wanted.push((id.to_owned(), name.to_owned()));
        }
    }
    if wanted.is_empty() {
        let message = format!("no manifest under {path} at {revision}");
        return Err(SourceError {
            message,
            hint: Some("write git:REVISION:PATH, the path as seen from here".to_owned()),
        });
    }
    let mut asked = String::new();
    for (id, _) in &wanted {
        asked.push_str(id);
        asked.push('\n');
    }
    let given = run(&["cat-file", "--batch"], asked.as_bytes())?;
    if !given.status.success() {
        return Err(failed(revision, &complaint(&given)));
    }
    let mut rest = given.stdout.as_slice();
    let mut texts = Vec::with_capacity(wanted.len());
    for (_, name) in wanted {
        let Some(text) = next_object(&mut rest) else {
            return Err(failed(revision, "git gave less than was asked for"));
        };
        texts.push((name, String::from_utf8_lossy(text).into_owned()));
    }
    if is_file {
        return Ok(texts.into_iter().map(|(name, text)| Input::Text { name, text }).collect());
    }
    Ok(vec![Input::Folder(texts)])
}

/// The next object of `cat-file --batch`: a line that ends with its length, the bytes, a line end.
fn next_object<'g>(rest: &mut &'g [u8]) -> Option<&'g [u8]> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let length: usize = std::str::from_utf8(&rest[..end]).ok()?.rsplit(' ').next()?.parse().ok()?;
    let text = rest.get(end + 1..end + 1 + length)?;
    *rest = rest.get(end + 2 + length..).unwrap_or_default();
    Some(text)
}

fn run(arguments: &[&str], input: &[u8]) -> Result<Output, SourceError> {
    let error = |error: &io::Error| {
        let (message, hint) = if error.kind() == io::ErrorKind::NotFound {
            ("cannot read a revision: git is not on PATH".to_owned(), Some("install git, or name a folder".to_owned()))
        } else {
            (format!("cannot run git {}: {error}", arguments[0]), None)
        };
        SourceError { message, hint }
    };
    let mut command = Command::new("git");
    // Nothing is fetched, nobody is asked, no lock is taken.
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0").env("GIT_NO_LAZY_FETCH", "1");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|cause| error(&cause))?;
    let stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
        child.wait_with_output()
    });
    output.map_err(|cause| error(&cause))
}

fn complaint(output: &Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    let line = complaint.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("git gave no reason");
    line.trim().trim_start_matches("fatal: ").to_owned()
}

fn failed(revision: &str, why: &str) -> SourceError {
    SourceError {
        message: format!("cannot read revision {revision}: {why}"),
        hint: Some("write git:REVISION:PATH, inside a repository that has the revision".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_come_one_after_the_other() {
        let mut rest = &b"abc blob 3\na\nb\ndef blob 0\n\n"[..];
        assert_eq!(next_object(&mut rest), Some(&b"a\nb"[..]));
        assert_eq!(next_object(&mut rest), Some(&b""[..]));
        assert_eq!(next_object(&mut rest), None);
    }
}
