//! From the words of the command line to options: variables that are set to nothing count as unset, a mistake names the
//! variable that its value came from, and habits of curl are told what to write here.

use std::env;
use std::ffi::OsString;

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue};
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};

use super::options::ColorChoice;
use super::{Arguments, terminal};

/// A command line that cannot be carried out, or that asks for help.
pub struct Mistake {
    /// What clap says of it.
    pub error: clap::Error,
    /// What else there is to say.
    pub hints: Vec<String>,
    /// What `--color` asks for, as far as it was written.
    pub color: ColorChoice,
}

/// The arguments of this process.
pub fn parse() -> Result<Arguments, Box<Mistake>> {
    let written: Vec<OsString> = env::args_os().collect();
    let mut command = without_empty_variables(Arguments::command());
    if let Some(columns) = terminal::columns() {
        command = command.term_width(columns.min(100));
    }
    let parsed = command.try_get_matches_from_mut(&written);
    let parsed = parsed.and_then(|matches: ArgMatches| Arguments::from_arg_matches(&matches));
    parsed.map_err(|error| {
        let words: Vec<String> = written.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
        let hints = if error.use_stderr() { hints(&error, &command, &words) } else { Vec::new() };
        Box::new(Mistake { hints, color: color(&words), error })
    })
}

/// A variable that is set to nothing is not set (<https://no-color.org> says so of its own, scripts expect it of all).
fn without_empty_variables(command: Command) -> Command {
    let command = command.mut_args(|argument| match argument.get_env() {
        Some(name) if env::var_os(name).is_some_and(|value| value.is_empty()) => argument.env(Resettable::Reset),
        _ => argument,
    });
    command.mut_subcommands(without_empty_variables)
}

/// `--color` as it was written, for what is said before it was parsed.
fn color(words: &[String]) -> ColorChoice {
    let after = |(at, word): (usize, &String)| match word.strip_prefix("--color=") {
        Some(when) => Some(when.to_owned()),
        None => (word == "--color").then(|| words.get(at + 1).cloned()).flatten(),
    };
    let when = words.iter().enumerate().filter_map(after).next_back();
    match when.or_else(|| env::var("ROUTESCOPE_COLOR").ok()).as_deref() {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

fn hints(error: &clap::Error, command: &Command, words: &[String]) -> Vec<String> {
    let mut hints: Vec<String> = variable(error, command, words).into_iter().collect();
    if words.iter().any(|word| word == "where") {
        hints.extend(
            words.iter().enumerate().filter_map(|(at, word)| curl(word, words.get(at + 1).map(String::as_str))),
        );
        hints.dedup();
    }
    hints
}

/// Where a value came from that nobody wrote on the command line.
fn variable(error: &clap::Error, command: &Command, words: &[String]) -> Option<String> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let (argument, value) = (text(ContextKind::InvalidArg)?, text(ContextKind::InvalidValue)?);
    let all = command.get_subcommands().flat_map(Command::get_arguments).chain(command.get_arguments());
    let found = all.into_iter().find(|one| one.get_env().is_some() && argument.starts_with(&long(one)))?;
    let name = found.get_env()?;
    let written = words.iter().any(|word| word.starts_with(&long(found)));
    let same = env::var(name).is_ok_and(|known| known == value);
    (same && !written).then(|| format!("the value is that of the environment variable {}", name.to_string_lossy()))
}

fn long(argument: &clap::Arg) -> String {
    format!("--{}", argument.get_long().unwrap_or_default())
}

/// What to write here for an option of curl.
pub fn curl(word: &str, next: Option<&str>) -> Option<String> {
    let url_follows = next.is_some_and(|next| next.contains("://"));
    let hint = match word {
        "-I" | "--head" => "-I is curl's: write -X HEAD",
        "-d" | "--data" | "--data-raw" | "--data-binary" | "--json" | "-F" | "--form" => {
            "-d is curl's: a body plays no part in routing, -X POST is enough"
        }
        "-k" | "--insecure" if url_follows || word != "-k" => {
            "-k is --kustomize here; curl's is not needed: no certificate is checked, since nothing is sent"
        }
        "-s" | "--silent" if url_follows || word != "-s" => {
            "-s is --server here; curl's is not needed: nothing but the answer is printed"
        }
        "-G" | "--get" => "-G is curl's: write the parameters in the URL, as in 'http://host/path?name=value'",
        "-T" | "--upload-file" => "-T is curl's: a body plays no part in routing, -X PUT is enough",
        "-b" | "--cookie" => "-b is curl's: write -H 'Cookie: …' if a route matches on it",
        "-e" | "--referer" => "-e is curl's: write -H 'Referer: …' if a route matches on it",
        "--user-agent" => "write -H 'User-Agent: …' if a route matches on it",
        "-r" | "--range" => "-r is curl's: write -H 'Range: …' if a route matches on it",
        "-f" | "--fail" if url_follows || word != "-f" => {
            "-f is --filename here; curl's is not needed: the exit code tells whether a backend answers"
        }
        "--http2" | "--http2-prior-knowledge" | "--http1.1" | "--http1.0" | "--http3" | "-0" => {
            "leave that out: routes match alike in every version of HTTP"
        }
        "--path-as-is" => "leave that out: the path is taken as it is written, and normalised as the gateway does",
        "-m" | "--max-time" | "--connect-timeout" | "--retry" | "-x" | "--proxy" | "-O" | "--compressed"
        | "--http0.9" | "--cacert" | "--cert" | "--interface" | "-4" | "-6" => "leave that out: no request is sent",
        "-L" | "--location" => "-L is curl's: the Location of a redirect is in the answer; ask for it in turn",
        "-u" | "--user" if url_follows || word == "-u" => {
            "-u is curl's: write -H 'Authorization: …' if a route matches on it"
        }
        "-v" | "-i" | "-S" | "--verbose" if word != "-v" => "leave that out: no request is sent; -o wide says more",
        "--resolve" | "--connect-to" => "leave that out: no request is sent; the URL's host is what counts",
        letters
            if letters.len() > 2
                && letters.starts_with('-')
                && letters[1..].chars().all(|c| "ILSdikgsv".contains(c)) =>
        {
            "those are options of curl: write -X HEAD for -I, -X POST for -d, and leave the others out"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// A truth as people set it in the environment.
pub fn boolean(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "on" => Ok(true),
        "0" | "false" | "f" | "no" | "n" | "off" | "" => Ok(false),
        _ => Err("write true or false (1, yes, on; 0, no, off)".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truths_are_read_as_they_are_written() {
        assert!(["1", "yes", "on", "TRUE", "y"].iter().all(|text| boolean(text) == Ok(true)));
        assert!(["0", "no", "off", "False", ""].iter().all(|text| boolean(text) == Ok(false)));
        assert!(boolean("maybe").is_err());
    }

    #[test]
    fn options_of_curl_are_told_from_our_own() {
        assert!(curl("-I", None).is_some_and(|hint| hint.contains("-X HEAD")));
        assert!(curl("-k", Some("https://a.io")).is_some() && curl("-k", Some("overlay")).is_none());
        assert!(
            curl("-b", Some("a=b")).is_some_and(|hint| hint.contains("Cookie")) && curl("-f", Some("a.yaml")).is_none()
        );
        assert!(curl("-sk", None).is_some() && curl("-X", None).is_none() && curl("-v", None).is_none());
    }

    #[test]
    fn no_variable_is_hidden() {
        let command = Arguments::command();
        let all = command.get_subcommands().flat_map(Command::get_arguments).chain(command.get_arguments());
        for argument in all.filter(|argument| argument.get_env().is_some()) {
            assert!(!argument.is_hide_env_set(), "{argument}");
        }
    }
}
