//! Which proxy requests go through: the cluster's `proxy-url`, whatever the server; else what the environment says, by the
//! rules of Go's `httpproxy` (which kubectl uses): `HTTPS_PROXY` for https and `HTTP_PROXY` for http, never for this
//! machine, and not for what `NO_PROXY` names.
//!
//! kube holds `NO_PROXY` against the proxy's own address, and applies it to `proxy-url`, too; hence this module.
//!
//! Other than kubectl: a server without TLS is reached through the proxy with CONNECT, and a SOCKS proxy gets no user name.

use std::net::IpAddr;

use http::Uri;

use super::environment::Environment;
use routescope_manifest::SourceError;

/// The proxy for requests to `server`, when there is one.
pub(super) fn proxy(
    configured: Option<&str>,
    server: &Uri,
    environment: &Environment,
) -> Result<Option<Uri>, SourceError> {
    if let Some(url) = configured {
        return parsed(url, "proxy-url of the cluster").map(Some);
    }
    let (variable, url) = match server.scheme_str() {
        Some("https") => ("HTTPS_PROXY", &environment.https_proxy),
        _ => ("HTTP_PROXY", &environment.http_proxy),
    };
    let Some(url) = url else { return Ok(None) };
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']);
    let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("https") { 443 } else { 80 });
    if is_this_machine(host) || environment.no_proxy.as_deref().is_some_and(|list| exempts(list, host, port)) {
        return Ok(None);
    }
    let url = url.trim();
    let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    parsed(&url, variable).map(Some)
}

/// The address of a proxy, of a scheme that is understood.
fn parsed(url: &str, source: &str) -> Result<Uri, SourceError> {
    let wrong = |why: &str| SourceError {
        message: format!("cannot use the proxy that {source} names: {why}"),
        hint: Some("write it as http://host:port, https://host:port or socks5://host:port".to_owned()),
    };
    // Names are resolved by the proxy anyway, which is what socks5h asks for.
    let url = url.strip_prefix("socks5h://").map_or_else(|| url.to_owned(), |rest| format!("socks5://{rest}"));
    let uri: Uri = url.parse().map_err(|_| wrong("it is not a URL"))?;
    match (uri.scheme_str(), uri.host(), uri.port()) {
        (Some("http" | "https"), Some(_), _) | (Some("socks5"), Some(_), Some(_)) => Ok(uri),
        (Some("socks5"), Some(host), None) => {
            format!("socks5://{host}:1080").parse().map_err(|_| wrong("it is not a URL"))
        }
        (Some(scheme @ ("http" | "https" | "socks5")), None, _) => Err(wrong(&format!("{scheme}:// without a host"))),
        (Some(scheme), ..) => Err(wrong(&format!("unsupported scheme `{scheme}`"))),
        (None, ..) => Err(wrong("it has no scheme")),
    }
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether `NO_PROXY` names this server.
fn exempts(list: &str, host: &str, port: u16) -> bool {
    let host = host.to_ascii_lowercase();
    list.split(',').map(|entry| entry.trim().to_ascii_lowercase()).filter(|entry| !entry.is_empty()).any(|entry| {
        if entry == "*" {
            return true;
        }
        if let Some((network, length)) = entry.split_once('/') {
            return within(network, length, &host);
        }
        let (name, only) = match entry.rsplit_once(':') {
            Some((name, digits)) if !name.contains(':') || name.ends_with(']') => (name, digits.parse::<u16>().ok()),
            _ => (entry.as_str(), None),
        };
        let name = name.trim_matches(['[', ']']);
        if only.is_some_and(|only| only != port) {
            return false;
        }
        match (name.parse::<IpAddr>(), host.parse::<IpAddr>()) {
            (Ok(entry), Ok(host)) => entry == host,
            (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
            // `.example.com` and `*.example.com` are the names below it, `example.com` is itself, too.
            (Err(_), Err(_)) => match name.strip_prefix("*.").or_else(|| name.strip_prefix('.')) {
                Some(below) => is_below(&host, below),
                None => host == name || is_below(&host, name),
            },
        }
    })
}

fn is_below(host: &str, parent: &str) -> bool {
    host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'))
}

/// Whether an address lies in a network such as `10.0.0.0/8`.
fn within(network: &str, length: &str, host: &str) -> bool {
    let (Ok(network), Ok(length), Ok(host)) = (network.parse(), length.parse::<u32>(), host.parse()) else {
        return false;
    };
    let (network, host, bits) = match (network, host) {
        (IpAddr::V4(network), IpAddr::V4(host)) => (u128::from(network.to_bits()), u128::from(host.to_bits()), 32),
        (IpAddr::V6(network), IpAddr::V6(host)) => (network.to_bits(), host.to_bits(), 128),
        _ => return false,
    };
    length <= bits && (length == 0 || (network ^ host) >> (bits - length) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(configured: Option<&str>, server: &str, no_proxy: Option<&str>, expected: Option<&str>) {
        let environment = Environment {
            https_proxy: Some("proxy.local:3128".to_owned()),
            no_proxy: no_proxy.map(str::to_owned),
            ..Environment::default()
        };
        let found = proxy(configured, &server.parse().expect("a server"), &environment).expect("a proxy or none");
        assert_eq!(found.map(|uri| uri.to_string()).as_deref(), expected, "{server} {no_proxy:?}");
    }

    #[test]
    fn the_cluster_s_own_proxy_precedes_the_environment_s_and_knows_no_exemption() {
        check(Some("http://own:1"), "https://api.example.com", Some("*"), Some("http://own:1/"));
        check(Some("socks5h://own"), "https://127.0.0.1", None, Some("socks5://own:1080/"));
    }

    #[test]
    fn exemptions_name_the_server_and_not_the_proxy() {
        let used = Some("http://proxy.local:3128/");
        check(None, "https://api.example.com", None, used);
        check(None, "https://api.example.com", Some("proxy.local"), used);
        check(None, "https://api.example.com", Some("other.org, example.com"), None);
        check(None, "https://example.com", Some(".example.com"), used);
        check(None, "https://api.example.com", Some("*.example.com"), None);
        check(None, "https://myexample.com", Some("example.com"), used);
        check(None, "https://10.1.2.3:6443", Some("10.0.0.0/8"), None);
        check(None, "https://11.1.2.3:6443", Some("10.0.0.0/8"), used);
        check(None, "https://10.1.2.3:6443", Some("10.1.2.3:443"), used);
        check(None, "https://[fd00::1]:6443", Some("fd00::/8"), None);
    }

    #[test]
    fn this_machine_is_reached_directly() {
        check(None, "https://localhost:6443", None, None);
        check(None, "https://127.0.0.1:6443", None, None);
        check(None, "https://[::1]:6443", None, None);
    }

    #[test]
    fn plain_http_has_a_proxy_of_its_own() {
        check(None, "http://api.example.com", None, None);
    }

    #[test]
    fn a_proxy_of_another_kind_is_refused_without_its_password() {
        let server = "https://api.example.com".parse().expect("a server");
        let error = proxy(Some("ftp://me:secret@proxy"), &server, &Environment::default()).expect_err("no such proxy");
        assert_eq!(error.message, "cannot use the proxy that proxy-url of the cluster names: unsupported scheme `ftp`");
    }
}
