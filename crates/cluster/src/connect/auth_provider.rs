//! `auth-provider`, which exec plugins replaced: kubectl 1.26 dropped gcp and azure, and kept oidc.

use std::collections::HashMap;
use std::hash::BuildHasher;

use secrecy::SecretString;

use super::target::Credential;
use routescope_manifest::SourceError;

/// What an `auth-provider` of this name gives: of oidc the `id-token` that kubectl keeps in the kubeconfig and renews; a
/// renewal would write to the kubeconfig, which is kubectl's to do.
pub(super) fn credential<S: BuildHasher>(
    provider: &str,
    settings: &HashMap<String, String, S>,
    user: &str,
) -> Result<Credential, SourceError> {
    let unsupported = |hint: &str| SourceError {
        message: format!(
            "cannot get credentials for the user {user}: auth-provider `{provider}` is no longer supported"
        ),
        hint: Some(hint.to_owned()),
    };
    match provider {
        "oidc" => match settings.get("id-token").filter(|token| !token.is_empty()) {
            Some(token) => Ok(Credential::Token(SecretString::from(token.clone()))),
            None => Err(SourceError {
                message: format!("cannot get credentials for the user {user}: auth-provider `oidc` has no id-token"),
                hint: Some("sign in with kubectl first, or use the plugin `kubectl oidc-login`".to_owned()),
            }),
        },
        "gcp" => Err(unsupported("`gcloud container clusters get-credentials` writes one with gke-gcloud-auth-plugin")),
        "azure" => Err(unsupported("`kubelogin convert-kubeconfig` rewrites it to an exec plugin")),
        _ => Err(unsupported("use an exec plugin")),
    }
}
