//! A line of an access log.

use super::{From, Pasted, is_method};
use crate::access_log;

/// The request that the line records, when it is one.
pub fn read(text: &str) -> Option<Pasted> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let logged = access_log::read(line).filter(|logged| is_method(&logged.method))?;
    let (url, headers) = (logged.url(), logged.user_agent_header().into_iter().collect());
    Some(Pasted { from: From::AccessLog, method: Some(logged.method), url, headers })
}
