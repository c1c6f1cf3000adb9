//! From kubeconfig rules to a client.

use std::path::PathBuf;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};

use crate::model::Name;
use crate::source::SourceError;

/// Which cluster, and as whom. Everything is optional, as for kubectl.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// `--kubeconfig`; else `KUBECONFIG`, else `~/.kube/config`, else the Pod's own account.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`; else the current one.
    pub context: Option<String>,
    /// `-n`: asked one by one where a list of the whole cluster is forbidden.
    pub namespaces: Vec<Name>,
    /// `--as`.
    pub user: Option<String>,
    /// `--as-group`.
    pub groups: Vec<String>,
    /// `--request-timeout`, of lists and discovery.
    pub request_timeout: Option<Duration>,
    /// `--insecure-skip-tls-verify`.
    pub insecure_skip_tls_verify: bool,
    /// `--tls-server-name`.
    pub tls_server_name: Option<String>,
}

/// A cluster that can be talked to.
#[derive(Clone)]
pub struct Cluster {
    /// The connection.
    pub client: kube::Client,
    /// The context's name.
    pub context: String,
    /// The server's address.
    pub server: String,
    /// The context's namespace.
    pub namespace: Name,
}

impl Cluster {
    /// Connects.
    pub async fn connect(connection: &Connection) -> Result<Self, SourceError> {
        let failed = |error: &dyn std::fmt::Display| SourceError {
            message: format!("cannot connect to a cluster: {error}"),
            hint: None,
        };
        let options = KubeConfigOptions { context: connection.context.clone(), ..KubeConfigOptions::default() };
        let kubeconfig = match &connection.kubeconfig {
            Some(path) => Kubeconfig::read_from(path),
            None => Kubeconfig::read(),
        };
        let kubeconfig = kubeconfig.map_err(|error| failed(&error))?;
        let context = connection.context.clone().or(kubeconfig.current_context.clone()).unwrap_or_default();
        let config =
            kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| failed(&error))?;
        let (server, namespace) = (config.cluster_url.to_string(), Name::from(config.default_namespace.as_str()));
        let client = kube::Client::try_from(config).map_err(|error| failed(&error))?;
        Ok(Self { client, context, server, namespace })
    }
}
