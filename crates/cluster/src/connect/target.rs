//! From kubeconfig files and options to what kube needs: the server, how its certificate is held, who asks.
//!
//! kube's own reading of a context is not used: it stops on a `NO_PROXY` it does not understand, wants certificates of the
//! system even where none are checked, and runs plugins; see [`super`] for where it differs from kubectl.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use kube::Config;
use kube::config::{AuthInfo, Cluster, Context, ExecAuthCluster};
use secrecy::{ExposeSecret, SecretString};

use super::Connection;
use super::credential_files::{self, authority, certificates, read};
use super::environment::Environment;
use super::exec::Plugin;
use super::kubeconfig::Files;
use super::proxy::proxy;
use crate::error::ConnectionTarget;
use crate::secrets::{Secrets, without_user_info};
use routescope_core::finding::closest;
use routescope_manifest::SourceError;

/// How many names a hint lists.
const LISTED: usize = 8;

/// Which server, and as whom, before anything was asked.
#[derive(Clone)]
pub(super) struct Target {
    /// For kube, without what [`Credential`] brings.
    pub config: Config,
    /// Where token or certificate come from.
    pub credential: Credential,
    /// How errors name it.
    pub asked: ConnectionTarget,
}

/// Where credentials come from.
#[derive(Debug, Clone)]
pub(super) enum Credential {
    /// The kubeconfig holds them, or its certificate files; or there are none.
    Fixed,
    /// A token from elsewhere in the kubeconfig.
    Token(SecretString),
    /// A file with a token, which changes now and then; and the token to begin with, should the file not be readable.
    File(PathBuf, Option<SecretString>),
    /// A plugin.
    Plugin(Box<Plugin>),
}

/// Follows the options and the kubeconfig to a server and a user.
pub(super) fn target(connection: &Connection, environment: &Environment) -> Result<Target, SourceError> {
    let files = Files::load(connection.kubeconfig.as_deref(), environment)?;
    if files.are_empty() && connection.context.is_none() {
        if let (Some(service), true) = (&environment.service, environment.account.join("token").is_file()) {
            return in_cluster(connection, environment, service);
        }
        if connection.server.is_none() {
            return Err(no_kubeconfig(&files, connection));
        }
    }
    let (name, context) = context(connection, &files)?;
    let cluster_name = connection.cluster.clone().or(nonempty(Some(context.cluster.clone())));
    let cluster = cluster(connection, &files, &name, cluster_name.as_deref())?;
    let user_name = connection.account.clone().or(nonempty(context.user.clone()));
    let user = user(connection, &files, user_name.as_deref())?;

    let place = cluster_name.clone().unwrap_or_else(|| "of --server".to_owned());
    let secure = cluster.certificate_authority.is_some()
        || cluster.certificate_authority_data.is_some()
        || user
            .as_ref()
            .is_some_and(|user| user.client_certificate.is_some() || user.client_certificate_data.is_some())
        || cluster.insecure_skip_tls_verify == Some(true);
    let (server, named) = split_user_info(&server(cluster.server.as_deref(), secure, &place, &files)?);
    let mut config = Config::new(server.clone());
    config.default_namespace = nonempty(context.namespace.clone()).unwrap_or_else(|| "default".to_owned());
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify == Some(true);
    config.disable_compression = cluster.disable_compression == Some(true);
    config.tls_server_name = nonempty(cluster.tls_server_name.clone());
    config.proxy_url = proxy(nonempty(cluster.proxy_url.clone()).as_deref(), &server, environment)?;
    config.root_cert = if config.accept_invalid_certs || server.scheme_str() != Some("https") {
        // Nothing is checked: kube would want the system's certificates all the same, and fail where there are none.
        Some(Vec::new())
    } else {
        authority(&cluster, &place)?
    };
    let ends = match &user {
        Some(user) => credential_files::check(user, user_name.as_deref().unwrap_or_default())?,
        None => None,
    };
    let asked = ConnectionTarget {
        context: name.clone(),
        server: shown(&server),
        user: user_name.clone(),
        user_is_missing: user.is_none() && user_name.is_some(),
        proxy: config.proxy_url.as_ref().map(shown),
        impersonated: None,
        ends,
        secrets: Secrets::default(),
    };
    let mut user = user.unwrap_or_default();
    if let (None, None, Some((name, password))) = (&user.token, &user.username, named) {
        (user.username, user.password) = (Some(name), Some(password.into()));
    }
    let credential = credential(&user, user_name.as_deref().unwrap_or_default(), &cluster)?;
    finish(connection, config, credential, asked, user)
}

/// The Pod's own account.
fn in_cluster(
    connection: &Connection,
    environment: &Environment,
    (host, port): &(String, String),
) -> Result<Target, SourceError> {
    let account = &environment.account;
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.clone() };
    let address = connection.server.clone().unwrap_or_else(|| format!("https://{host}:{port}"));
    let (server, _) = split_user_info(&server(Some(&address), true, "the Pod runs in", &Files::default())?);
    let mut config = Config::new(server.clone());
    let namespace = std::fs::read_to_string(account.join("namespace")).ok();
    config.default_namespace = environment
        .pod_namespace
        .clone()
        .or(nonempty(namespace.map(|text| text.trim().to_owned())))
        .unwrap_or_else(|| "default".to_owned());
    config.proxy_url = proxy(None, &server, environment)?;
    config.accept_invalid_certs = connection.insecure_skip_tls_verify;
    config.tls_server_name.clone_from(&connection.tls_server_name);
    let own = account.join("ca.crt");
    let file = connection.certificate_authority.clone().or_else(|| own.is_file().then_some(own));
    if config.accept_invalid_certs {
        config.root_cert = Some(Vec::new());
    } else if let Some(file) = file {
        config.root_cert = Some(certificates(&read(&file, "the certificate authority", "the Pod")?, &file.display())?);
        config.root_cert_file = Some(file);
    }
    let asked = ConnectionTarget {
        context: "in-cluster".to_owned(),
        server: shown(&server),
        user: None,
        user_is_missing: false,
        proxy: config.proxy_url.as_ref().map(shown),
        impersonated: None,
        ends: None,
        secrets: Secrets::default(),
    };
    let credential = match &connection.token {
        Some(_) => Credential::Fixed,
        None => Credential::File(account.join("token"), None),
    };
    let user = AuthInfo { token: connection.token.clone(), ..AuthInfo::default() };
    finish(connection, config, credential, asked, user)
}

/// Who is impersonated, and what kube makes of the user.
fn finish(
    connection: &Connection,
    mut config: Config,
    credential: Credential,
    mut asked: ConnectionTarget,
    user: AuthInfo,
) -> Result<Target, SourceError> {
    let mut user = AuthInfo { exec: None, auth_provider: None, token_file: None, ..user };
    user.impersonate = connection.user.clone().or(nonempty(user.impersonate));
    user.impersonate_uid = connection.user_id.clone().or(nonempty(user.impersonate_uid));
    if !connection.groups.is_empty() {
        user.impersonate_groups = Some(connection.groups.clone());
    }
    let more = user.impersonate_uid.is_some() || user.impersonate_groups.as_ref().is_some_and(|list| !list.is_empty());
    if user.impersonate.is_none() && more {
        return Err(SourceError {
            message: "cannot act as a member of a group without acting as a user".to_owned(),
            hint: Some("give --as, too".to_owned()),
        });
    }
    let names = user.impersonate.iter().chain(&user.impersonate_uid).chain(user.impersonate_groups.iter().flatten());
    if let Some(name) = names.into_iter().find(|name| HeaderValue::from_str(name).is_err()) {
        return Err(SourceError {
            message: format!("cannot act as {name:?}: no request can carry that name"),
            hint: Some("a name is letters, digits and signs, without line ends".to_owned()),
        });
    }
    asked.impersonated.clone_from(&user.impersonate);
    hide(&asked.secrets, &user, &credential);
    if !matches!(credential, Credential::Fixed) {
        user.token = None;
    }
    config.auth_info = user;
    // The loop in `access` tries again, with an end in sight: kube's would go on for minutes.
    config.default_retry = false;
    config.connect_timeout = Some(super::CONNECT.min(connection.limit().unwrap_or(super::CONNECT)));
    Ok(Target { config, credential, asked })
}

/// What of a user's credentials is never shown. That of plugins and files is hidden when it comes.
fn hide(secrets: &Secrets, user: &AuthInfo, credential: &Credential) {
    let exposed = [&user.token, &user.password, &user.client_key_data];
    exposed.into_iter().flatten().for_each(|secret| secrets.hide(secret.expose_secret()));
    if let (Some(name), Some(password)) = (&user.username, &user.password) {
        secrets.hide(&STANDARD.encode(format!("{name}:{}", password.expose_secret())));
    }
    if let Credential::Token(token) | Credential::File(_, Some(token)) = credential {
        secrets.hide(token.expose_secret());
    }
}

fn context(connection: &Connection, files: &Files) -> Result<(String, Context), SourceError> {
    let Some(name) = connection.context.clone().or_else(|| files.merged.current_context.clone()) else {
        if connection.server.is_some() || connection.cluster.is_some() {
            let name = connection.cluster.clone().or_else(|| connection.server.clone()).unwrap_or_default();
            return Ok((name, Context::default()));
        }
        return Err(SourceError {
            message: format!("cannot choose a cluster: {} has no current context", files.names()),
            hint: Some(format!("choose one with --context: {}", listed(&files.context_names()))),
        });
    };
    let found = files.merged.contexts.iter().find(|context| context.name == name);
    if let Some(context) = found {
        return Ok((name, context.context.clone().unwrap_or_default()));
    }
    let names = files.context_names();
    let message = if connection.context.is_some() {
        format!("no context {name} in {}", files.names())
    } else {
        format!("no context {name} in {}, which names it as the current one", files.names())
    };
    let hint = match closest(&name, names.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None if names.is_empty() => "it has no contexts".to_owned(),
        None => format!("its contexts: {}", listed(&names)),
    };
    Err(SourceError { message, hint: Some(hint) })
}

/// The cluster, with what the options say otherwise.
fn cluster(connection: &Connection, files: &Files, context: &str, name: Option<&str>) -> Result<Cluster, SourceError> {
    let entry = name.and_then(|name| files.merged.clusters.iter().find(|cluster| cluster.name == name));
    let mut cluster = match (entry, name) {
        (Some(entry), _) => entry.cluster.clone().unwrap_or_default(),
        (None, _) if connection.server.is_some() => Cluster::default(),
        (None, None) => {
            return Err(SourceError {
                message: format!("cannot use context {context} of {}: it names no cluster", files.names()),
                hint: Some(format!("`kubectl config set-context {context} --cluster NAME`")),
            });
        }
        (None, Some(name)) => {
            let names: Vec<&str> = files.merged.clusters.iter().map(|cluster| cluster.name.as_str()).collect();
            let hint = match closest(name, names.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("its clusters: {}", listed(&names)),
            };
            return Err(SourceError {
                message: format!("no cluster {name} in {}, though context {context} names it", files.names()),
                hint: Some(hint),
            });
        }
    };
    if let Some(server) = &connection.server {
        cluster.server = Some(server.clone());
    }
    if let Some(file) = &connection.certificate_authority {
        cluster.certificate_authority = Some(file.display().to_string());
        cluster.certificate_authority_data = None;
    }
    if let Some(name) = &connection.tls_server_name {
        cluster.tls_server_name = Some(name.clone());
    }
    if connection.insecure_skip_tls_verify {
        cluster.insecure_skip_tls_verify = Some(true);
        cluster.certificate_authority = None;
        cluster.certificate_authority_data = None;
    }
    cluster.certificate_authority = nonempty(cluster.certificate_authority);
    cluster.certificate_authority_data = nonempty(cluster.certificate_authority_data);
    Ok(cluster)
}

/// The user, with what the options say otherwise; `None` when the kubeconfig does not have the one that the context names,
/// which is nobody (as it is for kubectl).
fn user(connection: &Connection, files: &Files, name: Option<&str>) -> Result<Option<AuthInfo>, SourceError> {
    let entry = name.and_then(|name| files.merged.auth_infos.iter().find(|user| user.name == name));
    if let (None, Some(name)) = (entry, &connection.account) {
        let names: Vec<&str> = files.merged.auth_infos.iter().map(|user| user.name.as_str()).collect();
        let hint = match closest(name, names.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("its users: {}", listed(&names)),
        };
        return Err(SourceError { message: format!("no user {name} in {}", files.names()), hint: Some(hint) });
    }
    let mut user = entry.map(|user| user.auth_info.clone().unwrap_or_default());
    if let Some(token) = &connection.token {
        let user = user.get_or_insert_default();
        *user = AuthInfo {
            exec: None,
            auth_provider: None,
            token_file: None,
            username: None,
            password: None,
            ..user.clone()
        };
        user.token = Some(token.clone());
    }
    if let Some((certificate, key)) = &connection.client_certificate {
        let user = user.get_or_insert_default();
        (user.client_certificate, user.client_certificate_data) = (Some(certificate.display().to_string()), None);
        (user.client_key, user.client_key_data) = (Some(key.display().to_string()), None);
    }
    let Some(user) = &mut user else { return Ok(None) };
    user.client_certificate = nonempty(user.client_certificate.take());
    user.client_certificate_data = nonempty(user.client_certificate_data.take());
    user.client_key = nonempty(user.client_key.take());
    user.token_file = nonempty(user.token_file.take());
    Ok(Some(user.clone()))
}

/// Where the user's token comes from, in kubectl's order: a file, the token itself, a plugin.
fn credential(user: &AuthInfo, name: &str, cluster: &Cluster) -> Result<Credential, SourceError> {
    if let Some(file) = &user.token_file {
        let file = PathBuf::from(file);
        if user.token.is_none() {
            read(&file, "the token", &format!("the user {name}"))?;
        }
        return Ok(Credential::File(file, user.token.clone()));
    }
    if user.token.is_some() || user.username.is_some() {
        return Ok(Credential::Fixed);
    }
    if let Some(provider) = &user.auth_provider {
        return super::auth_provider::credential(&provider.name, &provider.config, name);
    }
    let Some(exec) = &user.exec else { return Ok(Credential::Fixed) };
    let cluster = if exec.provide_cluster_info { Some(told(cluster, name)?) } else { None };
    Ok(Credential::Plugin(Box::new(Plugin { exec: exec.clone(), cluster, user: name.to_owned() })))
}

/// What a plugin is told of the cluster.
fn told(cluster: &Cluster, user: &str) -> Result<ExecAuthCluster, SourceError> {
    ExecAuthCluster::try_from(cluster).map_err(|_| SourceError {
        message: format!(
            "cannot tell the plugin of the user {user} about the cluster: its certificate authority cannot be read"
        ),
        hint: Some("check certificate-authority of the cluster".to_owned()),
    })
}

/// The server's address. Without a scheme it is kubectl's guess: https when anything speaks of certificates.
fn server(server: Option<&str>, secure: bool, cluster: &str, files: &Files) -> Result<Uri, SourceError> {
    let Some(server) = server.map(str::trim).filter(|server| !server.is_empty()) else {
        return Err(SourceError {
            message: format!("cannot use the cluster {cluster} of {}: it names no server", files.names()),
            hint: Some(format!("`kubectl config set-cluster {cluster} --server https://…`")),
        });
    };
    let wrong = |why: &str| SourceError {
        message: format!("cannot use the cluster {cluster}: its server `{}` is {why}", without_user_info(server)),
        hint: Some("an address such as https://host:6443 is expected".to_owned()),
    };
    let address = match (server.contains("://"), secure) {
        (true, _) => server.to_owned(),
        (false, true) => format!("https://{server}"),
        (false, false) => format!("http://{server}"),
    };
    let uri: Uri = address.parse().map_err(|_| wrong("not a URL"))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(host)) if !host.is_empty() => Ok(uri),
        (Some("http" | "https"), _) => Err(wrong("without a host")),
        _ => Err(wrong("neither http nor https")),
    }
}

fn no_kubeconfig(files: &Files, connection: &Connection) -> SourceError {
    let looked = match (files.absent.as_slice(), files.read.as_slice()) {
        ([], []) => "there is no home folder to look in".to_owned(),
        ([one], []) => format!("{} does not exist", one.display()),
        (_, []) => "none of the files in KUBECONFIG exists".to_owned(),
        (_, [one]) => format!("{} is empty", one.display()),
        _ => "all files in KUBECONFIG are empty".to_owned(),
    };
    let hint = if connection.kubeconfig.is_some() {
        "check --kubeconfig"
    } else {
        "set KUBECONFIG or give --kubeconfig; or read manifests: -f FILE|DIR|-, -k DIR, --demo"
    };
    SourceError { message: format!("no kubeconfig: {looked}"), hint: Some(hint.to_owned()) }
}

/// A few names for a hint.
fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        return "there are none".to_owned();
    }
    let first = names.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(LISTED) {
        None | Some(0) => first,
        Some(more) => format!("{first} and {more} more"),
    }
}

fn nonempty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// An address as it is shown.
fn shown(address: &Uri) -> String {
    without_user_info(address.to_string().trim_end_matches('/'))
}

/// A server's address without user and password, and these: as Go does, they are sent where nothing else is.
fn split_user_info(server: &Uri) -> (Uri, Option<(String, String)>) {
    let Some((info, _)) = server.authority().and_then(|authority| authority.as_str().rsplit_once('@')) else {
        return (server.clone(), None);
    };
    let (name, password) = info.split_once(':').unwrap_or((info, ""));
    let bare = without_user_info(&server.to_string()).parse().unwrap_or_else(|_| server.clone());
    (bare, Some((unescaped(name), unescaped(password))))
}

/// Percent-escapes of a URL, undone.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        if let (b'%', Some(code)) = (first, code) {
            bytes.push(code);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
