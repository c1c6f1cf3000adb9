//! Filters of rules and backend refs.

use super::field::{Dropped, Field, Part};
use super::route::backend_object;
use routescope_core::finding::Code;
use routescope_core::model::{
    CorsFilter, Filter, Fraction, HeaderChange, HeaderModifier, Mirror, PathModifier, Redirect, RedirectScheme,
    UrlRewrite,
};

/// The types of filters: the union of those of `HTTPRoute` and `GRPCRoute`.
#[derive(Clone, Copy)]
enum Type {
    RequestHeaders,
    ResponseHeaders,
    Mirror,
    Redirect,
    Rewrite,
    Cors,
    Extension,
    ExternalAuth,
}

const TYPES: &[(&str, Type)] = &[
    ("RequestHeaderModifier", Type::RequestHeaders),
    ("ResponseHeaderModifier", Type::ResponseHeaders),
    ("RequestMirror", Type::Mirror),
    ("RequestRedirect", Type::Redirect),
    ("URLRewrite", Type::Rewrite),
    ("CORS", Type::Cors),
    ("ExtensionRef", Type::Extension),
    ("ExternalAuth", Type::ExternalAuth),
];

const FIELDS: &[&str] = &[
    "type",
    "requestHeaderModifier",
    "responseHeaderModifier",
    "requestMirror",
    "requestRedirect",
    "urlRewrite",
    "cors",
    "extensionRef",
    "externalAuth",
];

/// `HTTPRouteFilter` or `GRPCRouteFilter`.
pub(super) fn filter(field: &Field<'_>) -> Part<Filter> {
    field.mapping(FIELDS)?;
    let kind = field.get("type").required()?.choice(TYPES)?.ok_or(Dropped)?;
    let config = |key| -> Part<Field<'_>> {
        let config = field.get(key);
        config.required()?;
        Ok(config)
    };
    Ok(match kind {
        Type::RequestHeaders => Filter::RequestHeaders(headers(&config("requestHeaderModifier")?)?),
        Type::ResponseHeaders => Filter::ResponseHeaders(headers(&config("responseHeaderModifier")?)?),
        Type::Mirror => Filter::Mirror(mirror(&config("requestMirror")?)?),
        Type::Redirect => Filter::Redirect(redirect(&config("requestRedirect")?)?),
        Type::Rewrite => Filter::Rewrite(rewrite(&config("urlRewrite")?)?),
        Type::Cors => Filter::Cors(CorsFilter { allow_origins: config("cors")?.get("allowOrigins").texts() }),
        Type::Extension => {
            let target = config("extensionRef")?;
            target.mapping(&["group", "kind", "name"])?;
            Filter::Extension {
                at: field.at,
                group: target.get("group").required_text()?,
                kind: target.get("kind").required_text()?,
                name: target.get("name").required_text()?,
            }
        }
        Type::ExternalAuth => Filter::Other { at: field.at, kind: field.get("type").text_or("")? },
    })
}

fn headers(field: &Field<'_>) -> Part<HeaderModifier> {
    field.mapping(&["set", "add", "remove"])?;
    let header = |item: &Field<'_>| {
        item.mapping(&["name", "value"])?;
        Ok((item.get("name").required_text()?, item.get("value").required_text()?))
    };
    let set = field.get("set").list(header).unwrap_or_default();
    let add = field.get("add").list(header).unwrap_or_default();
    let remove = field.get("remove").texts();
    let changes = set
        .into_iter()
        .map(|(name, value)| HeaderChange::Set { name, value })
        .chain(add.into_iter().map(|(name, value)| HeaderChange::Add { name, value }))
        .chain(remove.into_iter().map(|name| HeaderChange::Remove { name }))
        .collect();
    Ok(HeaderModifier { changes })
}

fn mirror(field: &Field<'_>) -> Part<Mirror> {
    field.mapping(&["backendRef", "percent", "fraction"])?;
    let target = field.get("backendRef");
    target.required()?.mapping(&["group", "kind", "namespace", "name", "port"])?;
    let fraction = field.get("fraction");
    fraction.mapping(&["numerator", "denominator"])?;
    let most = i32::MAX.unsigned_abs();
    let fraction = if fraction.is_present() {
        let numerator = fraction.get("numerator").required()?.unsigned(most)?.ok_or(Dropped)?;
        let denominator = fraction.get("denominator").unsigned(most)?.unwrap_or(100);
        Some(Fraction { numerator, denominator })
    } else {
        field.get("percent").unsigned(100)?.map(|numerator| Fraction { numerator, denominator: 100 })
    };
    Ok(Mirror { backend: backend_object(&target)?, fraction })
}

fn redirect(field: &Field<'_>) -> Part<Redirect> {
    field.mapping(&["scheme", "hostname", "path", "port", "statusCode"])?;
    let status = field.get("statusCode");
    let code = status.unsigned(u32::from(u16::MAX))?.and_then(|code| u16::try_from(code).ok());
    if let Some(code) = code.filter(|code| !matches!(code, 301 | 302 | 303 | 307 | 308)) {
        // It is kept: engines answer with whatever was written.
        status.error(Code::UnknownValue, &format!("expected 301, 302, 303, 307 or 308, found {code}"), None);
    }
    Ok(Redirect {
        scheme: field.get("scheme").choice(&[("http", RedirectScheme::Http), ("https", RedirectScheme::Https)])?,
        hostname: field.get("hostname").text()?,
        path: path_modifier(&field.get("path"))?,
        port: field.get("port").port()?,
        status: code,
    })
}

fn rewrite(field: &Field<'_>) -> Part<UrlRewrite> {
    field.mapping(&["hostname", "path"])?;
    Ok(UrlRewrite { hostname: field.get("hostname").text()?, path: path_modifier(&field.get("path"))? })
}

fn path_modifier(field: &Field<'_>) -> Part<Option<PathModifier>> {
    if !field.is_present() {
        return Ok(None);
    }
    field.mapping(&["type", "replaceFullPath", "replacePrefixMatch"])?;
    let full = field.get("type").required()?.choice(&[("ReplaceFullPath", true), ("ReplacePrefixMatch", false)])?;
    let modifier = if full.ok_or(Dropped)? {
        PathModifier::Full(field.get("replaceFullPath").required_text()?)
    } else {
        PathModifier::Prefix(field.get("replacePrefixMatch").required_text()?)
    };
    Ok(Some(modifier))
}
