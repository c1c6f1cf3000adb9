//! Certificates, keys and tokens: what a kubeconfig holds of them, or which files do. What they say is never told, but for
//! when they end.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use kube::config::{AuthInfo, Cluster};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::ExposeSecret;

use super::expiry;
use crate::limits::{self, Exceeded};
use routescope_manifest::SourceError;

/// Holds that the user's certificate and key can be read, and gives when certificate or token end, where they tell.
pub(super) fn check(user: &AuthInfo, name: &str) -> Result<Option<Timestamp>, SourceError> {
    let of = format!("the user {name}");
    let certificate = (user.client_certificate_data.as_deref(), user.client_certificate.as_deref());
    let key_data = user.client_key_data.as_ref().map(ExposeSecret::expose_secret).filter(|data| !data.is_empty());
    let certificate = either(certificate, "the client certificate", &of)?;
    let key = either((key_data, user.client_key.as_deref()), "the client key", &of)?;
    let missing = match (&certificate, key) {
        (Some(_), None) => Some("client-key"),
        (None, Some(_)) => Some("client-certificate"),
        _ => None,
    };
    if let Some(missing) = missing {
        return Err(SourceError {
            message: format!("cannot use the client certificate of {of}: there is no {missing}"),
            hint: Some("a certificate and its key go together".to_owned()),
        });
    }
    let token = user.token.as_ref().and_then(|token| expiry::of_token(token.expose_secret()));
    Ok(token.or_else(|| certificate.and_then(|pem| expiry::of_certificate(&pem))))
}

/// What the kubeconfig holds in itself, else what the file holds that it names.
fn either((data, file): (Option<&str>, Option<&str>), what: &str, of: &str) -> Result<Option<Vec<u8>>, SourceError> {
    match (data, file) {
        (Some(data), _) => decoded(data, what, of).map(Some),
        (None, Some(file)) => read(Path::new(file), what, of).map(Some),
        (None, None) => Ok(None),
    }
}

/// The certificates of the authority; `None` stands for the system's.
pub(super) fn authority(cluster: &Cluster, name: &str) -> Result<Option<Vec<Vec<u8>>>, SourceError> {
    let (what, of) = ("the certificate authority", format!("the cluster {name}"));
    match (&cluster.certificate_authority_data, &cluster.certificate_authority) {
        (Some(data), _) => {
            certificates(&decoded(data, what, &of)?, &format!("certificate-authority-data of {of}")).map(Some)
        }
        (None, Some(file)) => certificates(&read(Path::new(file), what, &of)?, file).map(Some),
        (None, None) => Ok(None),
    }
}

/// The certificates of a PEM text, of which there must be one.
pub(super) fn certificates(pem: &[u8], source: &dyn std::fmt::Display) -> Result<Vec<Vec<u8>>, SourceError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.ok().filter(|found| !found.is_empty()).ok_or_else(|| SourceError {
        message: format!("cannot read the certificate authority: {source} holds no certificate in PEM"),
        hint: Some("it begins with a line that says BEGIN CERTIFICATE".to_owned()),
    })?;
    Ok(found.into_iter().map(|one| one.to_vec()).collect())
}

fn decoded(data: &str, what: &str, of: &str) -> Result<Vec<u8>, SourceError> {
    STANDARD.decode(data.split_whitespace().collect::<String>()).map_err(|_| SourceError {
        message: format!("cannot read {what} of {of}: its data is not base64"),
        hint: Some("`kubectl config set-… --embed-certs` writes it".to_owned()),
    })
}

/// Reads a file that is no longer than it may be: a device gives for ever.
pub(super) fn bounded(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // The limit fits.
    File::open(path)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(io::Error::other(Exceeded::bytes("it", limit)));
    }
    Ok(bytes)
}

/// Reads a file that a kubeconfig names.
pub(super) fn read(path: &Path, what: &str, of: &str) -> Result<Vec<u8>, SourceError> {
    bounded(path, limits::CREDENTIAL_FILE).map_err(|error| SourceError {
        message: format!("cannot read {what} of {of}, {}: {}", path.display(), super::text(&error)),
        hint: Some("relative paths count from the folder of their kubeconfig".to_owned())
            .filter(|_| path.is_absolute()),
    })
}
