//! kgateway's `TrafficPolicy` and `GatewayExtension`, and the keys of `ConfigMap`s.
//!
//! Only what decides whether the engine can build a policy is read; the rest belongs to the CRD's own validation.
//! Source: kgateway `api/v1alpha1/kgateway/{traffic_policy,gateway_extensions}_types.go`.

use super::field::{Field, Part};
use super::route::backend_object;
use routescope_core::model::value::{Data, Entry};
use routescope_core::model::{
    BackendRef, ConfigMap, ExtensionKind, ExtensionRef, GatewayExtension, Meta, Name, Object, PolicyField,
    PolicySelector, PolicyTarget, SecretRef, Setting, TrafficPolicy, Written,
};

/// The hash that Envoy takes, with the length of its base64 (kgateway `validateAndFilterSHAUsers`).
const SHA: (&str, usize) = ("{SHA}", 28);

/// kgateway's `TrafficPolicy`.
pub(super) fn traffic_policy(root: &Field<'_>, meta: Meta) -> Object {
    let spec = root.get("spec");
    let target = |item: &Field<'_>| {
        item.mapping(&["group", "kind", "name", "sectionName"])?;
        Ok(PolicyTarget {
            at: item.at,
            group: item.get("group").required_text()?,
            kind: item.get("kind").required_text()?,
            name: item.get("name").required_text()?,
            section_name: section(item)?,
        })
    };
    let selector = |item: &Field<'_>| {
        item.mapping(&["group", "kind", "matchLabels", "sectionName"])?;
        Ok(PolicySelector {
            group: item.get("group").required_text()?,
            kind: item.get("kind").required_text()?,
            labels: item.get("matchLabels").text_map(|_| true),
            section_name: section(item)?,
        })
    };
    let cidr = |rule: &Field<'_>| Ok(written_list(&rule.get("cidrs")));
    let origin = |item: &Field<'_>| Ok(written(&item.get("safeRegex")));
    Object::TrafficPolicy(TrafficPolicy {
        meta,
        targets: spec.get("targetRefs").list(target).unwrap_or_default(),
        selectors: spec.get("targetSelectors").list(selector).unwrap_or_default(),
        settings: settings(&spec),
        extensions: extensions(&spec),
        secrets: secrets(&spec),
        cidrs: spec.get("acl").get("rules").list(cidr).unwrap_or_default().concat(),
        invalid_users: invalid_users(&spec.get("basicAuth")),
        origin_regexes: flat(spec.get("csrf").get("additionalOrigins").list(origin)),
        templates: templates(&spec.get("transformation")),
        path_regex: written(&spec.get("urlRewrite").get("pathRegex").get("pattern")),
    })
}

/// A part is set when the engine makes something of it: when it is there at all.
fn settings(spec: &Field<'_>) -> Vec<Setting> {
    let setting = |field: PolicyField| {
        let mut at = spec.at;
        let mut value = spec.value()?;
        for key in field.name().split('.') {
            let Data::Map(entries) = &value.data else { return None };
            let entry = entries.iter().find(|entry| entry.key == key && entry.value.data != Data::Null)?;
            (at, value) = (entry.at, &entry.value);
        }
        let mut value = value.clone();
        if let (PolicyField::BasicAuth, Data::Map(entries)) = (field, &mut value.data) {
            // Password hashes are not kept.
            entries.retain(|entry| entry.key != "users");
        }
        Some(Setting { field, at, value })
    };
    PolicyField::all().filter_map(setting).collect()
}

fn section(item: &Field<'_>) -> Part<Option<Name>> {
    Ok(item.get("sectionName").text()?.filter(|name| !name.is_empty()))
}

fn written(field: &Field<'_>) -> Option<Written> {
    let text = field.text().ok().flatten()?;
    Some(Written { at: field.at, text })
}

fn written_list(field: &Field<'_>) -> Vec<Written> {
    flat(field.list(|item| Ok(written(item))))
}

fn flat<T>(list: Option<Vec<Option<T>>>) -> Vec<T> {
    list.unwrap_or_default().into_iter().flatten().collect()
}

/// In the engine's order (`ConstructIR`); one that is disabled refers to nothing.
fn extensions(spec: &Field<'_>) -> Vec<ExtensionRef> {
    let limits = spec.get("rateLimit");
    let users = [
        (ExtensionKind::ExtProc, spec.get("extProc")),
        (ExtensionKind::ExtAuth, spec.get("extAuth")),
        (ExtensionKind::RateLimit, limits.get("global")),
        (ExtensionKind::Jwt, spec.get("jwtAuth")),
        (ExtensionKind::OAuth2, spec.get("oauth2")),
    ];
    let reference = |(kind, user): &(ExtensionKind, Field<'_>)| {
        let field = user.get("extensionRef");
        if user.get("disable").is_present() || !field.is_present() {
            return None;
        }
        Some(ExtensionRef {
            at: field.at,
            kind: *kind,
            namespace: namespace(&field),
            name: field.get("name").required_text().ok()?,
        })
    };
    users.iter().filter_map(reference).collect()
}

fn namespace(field: &Field<'_>) -> Option<Name> {
    field.get("namespace").text().ok().flatten().filter(|namespace| !namespace.is_empty())
}

fn secrets(spec: &Field<'_>) -> Vec<SecretRef> {
    let mut all = Vec::new();
    let mut take = |field: &Field<'_>| {
        if let Some(name) = field.get("name").text().ok().flatten() {
            all.push(SecretRef { at: field.at, namespace: namespace(field), name });
        }
        Ok(())
    };
    let modifiers = spec.get("headerModifiers");
    for side in ["request", "response"] {
        let side = modifiers.get(side);
        for change in ["add", "set"] {
            side.get(change).list(|item| take(&item.get("secretRef")));
        }
    }
    for auth in ["apiKeyAuth", "basicAuth"] {
        let auth = spec.get(auth);
        if !auth.get("disable").is_present() {
            let _ = take(&auth.get("secretRef"));
        }
    }
    all
}

fn invalid_users(auth: &Field<'_>) -> Vec<Written> {
    if auth.get("disable").is_present() {
        return Vec::new();
    }
    let invalid = |entry: &Written| {
        let line = entry.text.trim();
        let (user, hash) = line.split_once(':').unwrap_or(("an entry without a colon", ""));
        let fits = hash.strip_prefix(SHA.0).is_some_and(|hash| hash.len() == SHA.1);
        let counts = !line.is_empty() && !line.starts_with('#');
        (counts && !fits).then(|| Written { at: entry.at, text: Name::from(user) })
    };
    written_list(&auth.get("users")).iter().filter_map(invalid).collect()
}

fn templates(transformation: &Field<'_>) -> Vec<Written> {
    let mut all = Vec::new();
    for side in ["request", "response"] {
        let side = transformation.get(side);
        for change in ["set", "add"] {
            all.extend(flat(side.get(change).list(|item| Ok(written(&item.get("value"))))));
        }
        all.extend(written(&side.get("body").get("value")));
        let metadata = |item: &Field<'_>| Ok(written(&item.get("value").get("stringValue")));
        all.extend(flat(side.get("dynamicMetadata").list(metadata)));
    }
    all
}

/// kgateway's `GatewayExtension`; of several providers the first counts (`gatewayExtensionBuilder`).
pub(super) fn gateway_extension(root: &Field<'_>, meta: Meta) -> Object {
    let spec = root.get("spec");
    let kinds = [
        ("extAuth", ExtensionKind::ExtAuth),
        ("extProc", ExtensionKind::ExtProc),
        ("rateLimit", ExtensionKind::RateLimit),
        ("jwt", ExtensionKind::Jwt),
        ("oauth2", ExtensionKind::OAuth2),
    ];
    let set = kinds.into_iter().find(|(key, _)| spec.get(key).is_present());
    let provider = spec.get(set.map_or("", |(key, _)| key));
    let grpc = provider.get("grpcService");
    let http = provider.get("httpService");
    let mut backends: Vec<BackendRef> = Vec::new();
    let mut config_maps = Vec::new();
    let mut take = |field: &Field<'_>| {
        if field.is_present() {
            backends.extend(backend_object(field).ok());
        }
    };
    if grpc.is_present() {
        take(&grpc.get("backendRef"));
    } else {
        take(&http.get("backendRef"));
    }
    take(&provider.get("backendRef"));
    take(&provider.get("jwt").get("jwksBackendRef"));
    provider.get("providers").list(|item| {
        let jwks = item.get("jwks");
        let local = jwks.get("local");
        if local.is_present() {
            let inline = local.get("inline").is_present();
            config_maps.extend(written(&local.get("configMapRef").get("name")).filter(|_| !inline));
        } else {
            take(&jwks.get("remote").get("backendRef"));
        }
        Ok(())
    });
    Object::GatewayExtension(GatewayExtension {
        meta,
        kind: set.map(|(_, kind)| kind),
        backends,
        config_maps,
        path_prefix: written(&http.get("pathPrefix")).filter(|_| !grpc.is_present()),
    })
}

/// `ConfigMap`: which keys it has, and whether `ca.crt` is a certificate. What it holds is not kept.
pub(super) fn config_map(root: &Field<'_>, meta: Meta) -> Object {
    let data = root.get("data");
    let text = |entry: &Entry| match &entry.value.data {
        Data::String(text) => text.clone(),
        _ => Name::default(),
    };
    let filled = data.entries().iter().filter(|entry| !text(entry).is_empty());
    let keys = filled.map(|entry| entry.key.clone()).collect();
    let is_certificate = |entry: &Entry| entry.key == "ca.crt" && text(entry).contains("-----BEGIN CERTIFICATE-----");
    let has_certificate = data.entries().iter().any(is_certificate);
    Object::ConfigMap(ConfigMap { meta, keys, has_certificate })
}
