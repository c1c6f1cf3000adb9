//! Exec plugins: local programs that a kubeconfig names to get credentials from.
//!
//! They are run here and not by kube, which runs each three times for one connection, lets it write on the terminal and
//! forgets why it failed. Here a plugin runs once, until its credentials end or the server refuses them. It may ask on the
//! terminal (`interactiveMode`) only where the caller says that the terminal is free, as it is before the explorer opens;
//! else it gets no standard input, and what it writes to standard error is kept for the message.
//!
//! A plugin is a program of the user's, run with the user's rights: what it does is outside of what
//! [`guard`](super::super::guard) holds.

use std::io::{self, IsTerminal};
use std::pin::Pin;
use std::process::{Output, Stdio};

use jiff::Timestamp;
use kube::config::{ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::Prompt;
use crate::limits::{self, Exceeded};
use crate::secrets::redact;
use routescope_manifest::SourceError;

/// How much of what a plugin says is told.
const TOLD: usize = 300;

/// A plugin and what it is told.
#[derive(Debug, Clone)]
pub(super) struct Plugin {
    /// How it is run.
    pub exec: ExecConfig,
    /// The cluster, for plugins that want to know it.
    pub cluster: Option<ExecAuthCluster>,
    /// The name of the user in the kubeconfig.
    pub user: String,
}

/// What a plugin (or a token file) gave.
#[derive(Debug, Clone, Default)]
pub(super) struct Credentials {
    /// A bearer token.
    pub token: Option<SecretString>,
    /// A client certificate and its key, in PEM.
    pub identity: Option<(String, SecretString)>,
    /// When they end.
    pub until: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Question<'a> {
    api_version: &'a str,
    kind: &'static str,
    spec: Spec<'a>,
}

#[derive(Serialize)]
struct Spec<'a> {
    interactive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a ExecAuthCluster>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    api_version: Option<String>,
    kind: Option<String>,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

impl Plugin {
    /// Runs the plugin once.
    pub async fn run(&self, prompt: Prompt) -> Result<Credentials, SourceError> {
        let program = self.exec.command.as_deref().unwrap_or_default();
        let free = prompt == Prompt::Allowed && std::io::stdin().is_terminal();
        let interactive = match self.exec.interactive_mode {
            Some(ExecInteractiveMode::Never) => false,
            Some(ExecInteractiveMode::Always) if !free => {
                return Err(self.failed("it must ask on the terminal, which it cannot now", Some(self.sign_in())));
            }
            _ => free,
        };
        let mut command = self.command(program, interactive);
        let child = command.spawn().map_err(|error| self.not_started(program, &error))?;
        let limit = if interactive { limits::PLUGIN_TIME_ASKING } else { limits::PLUGIN_TIME };
        let output = match timeout(limit, output(child)).await {
            Ok(Ok(output)) => output,
            Ok(Err(error)) => return Err(self.failed(&super::text(&error), Some(self.by_itself()))),
            Err(_) => {
                let why = format!("it gave no answer in {} seconds", limit.as_secs());
                return Err(self.failed(&why, Some(self.sign_in())));
            }
        };
        if !output.status.success() {
            let code = output.status.code().map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
            let said = told(&String::from_utf8_lossy(&output.stderr));
            let why = if said.is_empty() { format!("it ended with {code}") } else { format!("{said} ({code})") };
            return Err(self.failed(&why, Some(self.sign_in())));
        }
        self.read(&output.stdout)
    }

    fn by_itself(&self) -> String {
        format!("does {} run by itself?", self.exec.command.as_deref().unwrap_or_default())
    }

    fn command(&self, program: &str, interactive: bool) -> Command {
        let mut command = Command::new(program);
        command.args(self.exec.args.iter().flatten()).kill_on_drop(true);
        for pair in self.exec.env.iter().flatten() {
            if let (Some(name), Some(value)) = (pair.get("name"), pair.get("value")) {
                command.env(name, value);
            }
        }
        let question = Question {
            api_version: self.api_version(),
            kind: "ExecCredential",
            spec: Spec { interactive, cluster: self.cluster.as_ref() },
        };
        command.env("KUBERNETES_EXEC_INFO", serde_json::to_string(&question).unwrap_or_default());
        if interactive {
            command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
        } else {
            command.stdin(Stdio::null()).stderr(Stdio::piped());
        }
        command.stdout(Stdio::piped());
        command
    }

    /// Reads the plugin's answer, which is never told: it is a secret.
    pub fn read(&self, stdout: &[u8]) -> Result<Credentials, SourceError> {
        // kubectl decodes the answer as YAML, of which JSON is a part; some plugins rely on it.
        let answer: Answer = serde_yaml::from_slice(stdout).map_err(|_| {
            self.failed("its output is not an ExecCredential", Some("the plugin must print nothing else".to_owned()))
        })?;
        if answer.kind.as_deref().is_some_and(|kind| kind != "ExecCredential") {
            let hint = "`exec` must name a credential plugin".to_owned();
            return Err(self.failed("its output is not an ExecCredential", Some(hint)));
        }
        let expected = self.api_version();
        if let Some(version) = answer.api_version.filter(|version| version != expected) {
            return Err(self.failed(
                &format!("it speaks {}, the kubeconfig asks for {expected}", told(&version)),
                Some(format!("set `apiVersion` of the user {} to what the plugin speaks, or update it", self.user)),
            ));
        }
        let Some(Status { expiration_timestamp, token, client_certificate_data, client_key_data }) = answer.status
        else {
            return Err(self.failed("its output has no `status`", Some(self.sign_in())));
        };
        let until = match expiration_timestamp {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| {
                self.failed("its `expirationTimestamp` is not a time", Some("RFC 3339 is expected".to_owned()))
            })?),
        };
        let token = token.filter(|token| !token.is_empty()).map(SecretString::from);
        let identity = client_certificate_data.zip(client_key_data.map(SecretString::from));
        if token.is_none() && identity.is_none() {
            return Err(self.failed("it gave neither a token nor a certificate", Some(self.sign_in())));
        }
        Ok(Credentials { token, identity, until })
    }

    fn api_version(&self) -> &str {
        self.exec.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1")
    }

    fn not_started(&self, program: &str, error: &std::io::Error) -> SourceError {
        let install = self.exec.install_hint.as_deref().map(told).filter(|hint| !hint.is_empty());
        if program.is_empty() {
            return self.failed("it names no command", Some(format!("set `exec.command` of the user {}", self.user)));
        }
        match error.kind() {
            std::io::ErrorKind::NotFound => self.failed(
                "no such program",
                Some(install.unwrap_or_else(|| format!("install {program}, or put it on the PATH"))),
            ),
            std::io::ErrorKind::PermissionDenied => {
                self.failed("it is not executable", Some(format!("chmod +x {program}")))
            }
            _ => self.failed(&super::text(error), Some(install.unwrap_or_else(|| self.by_itself()))),
        }
    }

    fn failed(&self, why: &str, hint: Option<String>) -> SourceError {
        let program = self.exec.command.as_deref().unwrap_or_default();
        SourceError {
            message: format!("cannot get credentials for the user {} from the plugin `{program}`: {why}", self.user),
            hint,
        }
    }

    fn sign_in(&self) -> String {
        let program = self.exec.command.as_deref().unwrap_or_default();
        format!("sign in where the plugin can ask (`kubectl version` runs {program}, too), then try again")
    }
}

/// Runs a plugin to its end. A process that it leaves behind may hold its output open: it is not waited for.
async fn output(mut child: Child) -> io::Result<Output> {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let status = {
        let mut reading = std::pin::pin!(async {
            let out = async {
                match out {
                    Some(mut out) => collect(&mut out, &mut stdout).await,
                    None => Ok(()),
                }
            };
            let err = async {
                match err {
                    Some(mut err) => keep_end(&mut err, &mut stderr).await,
                    None => Ok(()),
                }
            };
            tokio::try_join!(out, err).map(|_| ())
        });
        tokio::select! {
            status = child.wait() => {
                let status = status?;
                // What it wrote itself is there by now.
                if let Ok(read) = timeout(limits::PLUGIN_REST, &mut reading).await {
                    read?;
                }
                status
            }
            read = &mut reading => {
                read?;
                child.wait().await?
            }
        }
    };
    Ok(Output { status, stdout, stderr })
}

async fn collect(from: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut part = vec![0; 8192];
    loop {
        match read_some(from, &mut part).await? {
            0 => return Ok(()),
            read if bytes.len() + read > limits::PLUGIN_OUTPUT => {
                return Err(io::Error::other(Exceeded::bytes("its output", limits::PLUGIN_OUTPUT)));
            }
            read => bytes.extend_from_slice(&part[..read]),
        }
    }
}

/// Reads to the end, and keeps the end.
async fn keep_end(from: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut part = vec![0; 8192];
    loop {
        match read_some(from, &mut part).await? {
            0 => return Ok(()),
            read => bytes.extend_from_slice(&part[..read]),
        }
        let more = bytes.len().saturating_sub(limits::PLUGIN_ERRORS);
        bytes.drain(..more);
    }
}

async fn read_some(from: &mut (impl AsyncRead + Unpin), part: &mut [u8]) -> io::Result<usize> {
    let mut part = ReadBuf::new(part);
    std::future::poll_fn(|context| Pin::new(&mut *from).poll_read(context, &mut part)).await?;
    Ok(part.filled().len())
}

/// What a program said in one line, its end when it is long, without what looks like a secret.
pub(super) fn told(said: &str) -> String {
    let said = redact(said);
    let words: Vec<&str> = said.split_whitespace().map(|word| if is_secret(word) { "…" } else { word }).collect();
    let line: String = words.join(" ").chars().filter(|letter| !letter.is_control()).collect();
    let length = line.chars().count();
    if length <= TOLD { line } else { format!("…{}", line.chars().skip(length - TOLD).collect::<String>()) }
}

/// A long run of letters that nobody would read.
fn is_secret(word: &str) -> bool {
    let word = word.trim_matches(|letter: char| !letter.is_alphanumeric());
    word.len() > 60 && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "+/=_-.".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plugin_says_is_one_line_without_secrets() {
        assert_eq!(told("  Error: not\n logged in\n"), "Error: not logged in");
        assert_eq!(told("token: eyJhbGciOiJSUzI1NiIsImtpZCI6 is bad"), "token: … is bad");
        assert_eq!(told("bad\n-----BEGIN RSA PRIVATE KEY-----\nabc"), "bad …");
        assert_eq!(told(&"ab ".repeat(200)).chars().count(), TOLD + 1);
    }
}
