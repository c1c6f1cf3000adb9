//! The options that say which cluster is read, and as whom: kubectl's, under kubectl's names.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use routescope_cluster::connect::time_limit;
use routescope_cluster::{Connection, Prompt};
use routescope_core::model::Name;

/// Which cluster, and as whom.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterOptions {
    /// Read the cluster of this kubeconfig [default: KUBECONFIG, or ~/.kube/config]
    #[arg(long, value_name = "FILE", global = true)]
    pub kubeconfig: Option<PathBuf>,

    /// Read the cluster of this context [default: the current one]; may be given several times
    #[arg(long, value_name = "NAME", global = true)]
    pub context: Vec<String>,

    /// Show what touches these namespaces (a,b,c), and ask them where the whole cluster cannot be read
    #[arg(short = 'n', long = "namespace", value_name = "NAME", value_delimiter = ',', global = true)]
    pub namespace: Vec<String>,

    /// Show every namespace (the default)
    #[arg(short = 'A', long, global = true)]
    pub all_namespaces: bool,

    /// Read the cluster though -f is given: the files are laid over it
    #[arg(long, global = true)]
    pub live: bool,

    /// Impersonate this user
    #[arg(long = "as", value_name = "USER", global = true)]
    pub as_user: Option<String>,

    /// Ask as a member of this group; may be given several times
    #[arg(long = "as-group", value_name = "GROUP", global = true)]
    pub as_group: Vec<String>,

    /// Ask as the user of this id
    #[arg(long = "as-uid", value_name = "ID", hide_short_help = true, global = true)]
    pub as_uid: Option<String>,

    /// How long a request may take (30, 30s, 1m30s; 0: no timeout) [default: 1m]
    #[arg(long, value_name = "TIME", value_parser = time_limit, global = true)]
    pub request_timeout: Option<Duration>,

    /// Do not check the server's certificate: the server's identity is not verified
    #[arg(long, global = true)]
    pub insecure_skip_tls_verify: bool,

    /// The name that the server's certificate must have, when it is not that of the address
    #[arg(long, value_name = "NAME", global = true)]
    pub tls_server_name: Option<String>,

    /// The cluster of the kubeconfig, instead of the context's
    #[arg(long, value_name = "NAME", hide_short_help = true, global = true)]
    pub cluster: Option<String>,

    /// The user of the kubeconfig, instead of the context's
    #[arg(long, value_name = "NAME", hide_short_help = true, global = true)]
    pub user: Option<String>,

    /// The server's address, instead of the cluster's
    #[arg(short = 's', long, value_name = "URL", hide_short_help = true, global = true)]
    pub server: Option<String>,

    /// The bearer token, instead of the user's credentials
    #[arg(long, value_name = "TOKEN", hide_short_help = true, global = true)]
    pub token: Option<String>,

    /// The authority that must have signed the server's certificate
    #[arg(long, value_name = "FILE", hide_short_help = true, global = true)]
    pub certificate_authority: Option<PathBuf>,

    /// The client certificate, with --client-key
    #[arg(long, value_name = "FILE", requires = "client_key", hide_short_help = true, global = true)]
    pub client_certificate: Option<PathBuf>,

    /// The key of the client certificate
    #[arg(long, value_name = "FILE", requires = "client_certificate", hide_short_help = true, global = true)]
    pub client_key: Option<PathBuf>,
}

impl ClusterOptions {
    /// Whether anything here asks for a cluster.
    pub fn ask_for_a_cluster(&self) -> bool {
        self.live || self.kubeconfig.is_some() || !self.context.is_empty() || self.server.is_some()
    }

    /// The namespaces to ask one by one, each once; none with -A.
    pub fn namespaces(&self) -> Vec<Name> {
        let mut names: Vec<Name> = Vec::new();
        for name in
            self.namespace.iter().map(|name| name.trim()).filter(|name| !name.is_empty() && !self.all_namespaces)
        {
            if !names.iter().any(|known| known == name) {
                names.push(Name::from(name));
            }
        }
        names
    }

    /// One connection for each `--context`; one, to the current context, when there is none. A plugin may ask on the
    /// terminal: this is for commands that print, and the explorer takes that back.
    pub fn connections(&self) -> Vec<Connection> {
        if self.context.is_empty() {
            return vec![self.connection(None)];
        }
        self.context.iter().map(|context| self.connection(Some(context))).collect()
    }

    /// The connection to one context, for commands that print.
    pub fn connection(&self, context: Option<&str>) -> Connection {
        let Self {
            kubeconfig,
            context: _,
            namespace: _,
            all_namespaces: _,
            live: _,
            as_user,
            as_group,
            as_uid,
            request_timeout,
            insecure_skip_tls_verify,
            tls_server_name,
            cluster,
            user,
            server,
            token,
            certificate_authority,
            client_certificate,
            client_key,
        } = self;
        Connection {
            kubeconfig: kubeconfig.clone(),
            context: context.map(str::to_owned),
            namespaces: self.namespaces(),
            user: as_user.clone(),
            groups: as_group.clone(),
            user_id: as_uid.clone(),
            request_timeout: *request_timeout,
            insecure_skip_tls_verify: *insecure_skip_tls_verify,
            tls_server_name: tls_server_name.clone(),
            cluster: cluster.clone(),
            account: user.clone(),
            server: server.clone(),
            token: token.clone().map(Into::into),
            certificate_authority: certificate_authority.clone(),
            client_certificate: client_certificate.clone().zip(client_key.clone()),
            prompt: Prompt::Allowed,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        cluster: ClusterOptions,
    }

    fn options(line: &str) -> ClusterOptions {
        Line::try_parse_from(line.split_whitespace()).unwrap_or_else(|error| panic!("{error}")).cluster
    }

    #[test]
    fn namespaces_come_one_by_one_and_in_lists() {
        let names = options("x -n a,b -n c --namespace=b").namespaces();
        assert_eq!(names, ["a", "b", "c"]);
        assert!(options("x -A -n a").namespaces().is_empty());
    }

    #[test]
    fn each_context_is_a_connection() {
        let contexts: Vec<_> = options("x --context one --context two").connections();
        let contexts: Vec<_> = contexts.iter().map(|connection| connection.context.as_deref()).collect();
        assert_eq!(contexts, [Some("one"), Some("two")]);
        assert_eq!(options("x").connections().len(), 1);
    }

    #[test]
    fn whom_to_be_and_how_long_to_wait_reach_the_connection() {
        let line = "x --as bob --as-group a --as-group b --request-timeout 1m30s --insecure-skip-tls-verify --tls-server-name n";
        let connection = options(line).connection(None);
        assert_eq!(connection.user.as_deref(), Some("bob"));
        assert_eq!(connection.groups, ["a", "b"]);
        assert_eq!(connection.request_timeout, Some(Duration::from_secs(90)));
        assert!(connection.insecure_skip_tls_verify);
        assert_eq!(connection.tls_server_name.as_deref(), Some("n"));
    }

    #[test]
    fn a_token_is_never_printed() {
        let connection = options("x --token s3cret").connection(None);
        assert!(!format!("{connection:?}").contains("s3cret"));
    }

    #[test]
    fn a_wrong_time_is_refused() {
        assert!(Line::try_parse_from(["x", "--request-timeout", "soon"]).is_err());
    }
}
