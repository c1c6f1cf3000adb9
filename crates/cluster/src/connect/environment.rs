//! What of the process's surroundings decides about a connection, as data: the rules themselves read no environment,
//! so tests need not change it.

use std::env;
use std::path::PathBuf;

/// Where a Pod finds its own account.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The variables and folders that count.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The files of `KUBECONFIG`, without empty names; `None` when it is not set, or empty.
    pub kubeconfig: Option<Vec<PathBuf>>,
    /// The user's home folder.
    pub home: Option<PathBuf>,
    /// `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`: the program runs in a Pod.
    pub service: Option<(String, String)>,
    /// The folder of the Pod's account: `token`, `ca.crt` and `namespace`.
    pub account: PathBuf,
    /// `POD_NAMESPACE`, which precedes the account's namespace.
    pub pod_namespace: Option<String>,
    /// `HTTPS_PROXY`, or `https_proxy`.
    pub https_proxy: Option<String>,
    /// `HTTP_PROXY`, or `http_proxy`.
    pub http_proxy: Option<String>,
    /// `NO_PROXY`, or `no_proxy`.
    pub no_proxy: Option<String>,
}

impl Environment {
    /// The surroundings of this process.
    pub fn of_process() -> Self {
        let kubeconfig = env::var_os("KUBECONFIG").filter(|value| !value.is_empty());
        Self {
            kubeconfig: kubeconfig
                .map(|value| env::split_paths(&value).filter(|path| !path.as_os_str().is_empty()).collect()),
            home: env::home_dir().filter(|home| !home.as_os_str().is_empty()),
            service: set(&["KUBERNETES_SERVICE_HOST"]).zip(set(&["KUBERNETES_SERVICE_PORT"])),
            account: PathBuf::from(ACCOUNT),
            pod_namespace: set(&["POD_NAMESPACE"]),
            https_proxy: set(&["HTTPS_PROXY", "https_proxy"]),
            http_proxy: set(&["HTTP_PROXY", "http_proxy"]),
            no_proxy: set(&["NO_PROXY", "no_proxy"]),
        }
    }
}

/// The first of these variables that is set to something.
fn set(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| env::var(name).ok().filter(|value| !value.trim().is_empty()))
}
