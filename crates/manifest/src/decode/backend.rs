//! What routes point at, and what permits them to.

use super::field::{Dropped, Field, Part};
use routescope_core::model::{
    Backend, BackendKind, DirectResponse, Endpoint, EndpointPort, EndpointSlice, GrantFrom, GrantTo, Meta, Name,
    Namespace, Object, ReferenceGrant, Service, ServicePort, StaticHost, TargetPort,
};

/// The label the API server puts on every Namespace (Kubernetes `NamespaceDefaultLabelName`).
const NAMESPACE_NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// `Namespace`.
pub(super) fn namespace(_root: &Field<'_>, mut meta: Meta) -> Object {
    meta.labels.retain(|(key, _)| key != NAMESPACE_NAME_LABEL);
    meta.labels.push((Name::new_static(NAMESPACE_NAME_LABEL), meta.name.clone()));
    Object::Namespace(Namespace { meta })
}

/// `Service`. Only the fields that routing needs are looked at: the others belong to Kubernetes' own validation.
pub(super) fn service(root: &Field<'_>, meta: Meta) -> Object {
    let spec = root.get("spec");
    let kind = spec.get("type").text_or("ClusterIP").unwrap_or(Name::new_static("ClusterIP"));
    let external = kind == "ExternalName";
    Object::Service(Service {
        meta,
        ports: spec.get("ports").list(service_port).unwrap_or_default(),
        kind,
        cluster_ip: spec.get("clusterIP").text().ok().flatten().filter(|ip| !ip.is_empty()),
        external_name: if external { spec.get("externalName").text().unwrap_or_default() } else { None },
    })
}

fn service_port(field: &Field<'_>) -> Part<ServicePort> {
    Ok(ServicePort {
        name: field.get("name").text_or("")?,
        port: field.get("port").required()?.port()?.ok_or(Dropped)?,
        protocol: field.get("protocol").text_or("TCP")?,
        app_protocol: field.get("appProtocol").text()?,
        target: field.get("targetPort").number_or_text().and_then(target_port),
    })
}

/// A port that is written in quotes is a number all the same: a name must hold a letter.
fn target_port(written: Name) -> Option<TargetPort> {
    match written.parse() {
        Ok(0) => None,
        Ok(number) => Some(TargetPort::Number(number)),
        Err(_) => (!written.is_empty()).then_some(TargetPort::Name(written)),
    }
}

/// `EndpointSlice`.
pub(super) fn endpoint_slice(root: &Field<'_>, meta: Meta) -> Object {
    let service = meta.label("kubernetes.io/service-name").cloned();
    let endpoint = |item: &Field<'_>| {
        let text = |field: &Field<'_>| field.text().ok().flatten().filter(|text| !text.is_empty());
        let target = item.get("targetRef");
        let is_pod = text(&target.get("kind")).is_some_and(|kind| kind == "Pod");
        Ok(Endpoint {
            addresses: item.get("addresses").texts(),
            ready: item.get("conditions").get("ready").boolean()?.unwrap_or(true),
            terminating: item.get("conditions").get("terminating").boolean()?.unwrap_or(false),
            pod: if is_pod { text(&target.get("name")) } else { None },
            node: text(&item.get("nodeName")),
            zone: text(&item.get("zone")),
        })
    };
    let port =
        |item: &Field<'_>| Ok(EndpointPort { name: item.get("name").text_or("")?, port: item.get("port").port()? });
    Object::EndpointSlice(EndpointSlice {
        meta,
        service,
        endpoints: root.get("endpoints").list(endpoint).unwrap_or_default(),
        ports: root.get("ports").list(port).unwrap_or_default(),
    })
}

/// kgateway's `Backend`. `type` is optional: the field that is set tells as well.
pub(super) fn backend(root: &Field<'_>, meta: Meta) -> Object {
    let spec = root.get("spec");
    let kind = spec.get("type").text().ok().flatten();
    let fixed = spec.get("static");
    let aws = spec.get("aws");
    let kind = match kind.as_deref() {
        Some("Static") => static_backend(&fixed),
        None if fixed.is_present() => static_backend(&fixed),
        Some("AWS") => BackendKind::Aws(aws_text(&aws)),
        None if aws.is_present() => BackendKind::Aws(aws_text(&aws)),
        Some("DynamicForwardProxy") => BackendKind::DynamicForwardProxy,
        None if spec.get("dynamicForwardProxy").is_present() => BackendKind::DynamicForwardProxy,
        Some(other) => BackendKind::Other(Name::new(other)),
        None => BackendKind::Other(spec.entries().first().map(|entry| entry.key.clone()).unwrap_or_default()),
    };
    Object::Backend(Backend { meta, kind })
}

fn static_backend(field: &Field<'_>) -> BackendKind {
    let host = |item: &Field<'_>| {
        item.mapping(&["host", "port"])?;
        Ok(StaticHost {
            host: item.get("host").required_text()?,
            port: item.get("port").required()?.port()?.ok_or(Dropped)?,
        })
    };
    BackendKind::Static(field.get("hosts").list(host).unwrap_or_default())
}

/// `HOST:PORT (lambda NAME)`, or what is known of it where it is not a function: an ec2 backend finds its addresses at run
/// time (kgateway `pkg/kgateway/extensions2/plugins/backend/aws.go`, `configureLambdaEndpoint`; `ec2.go`).
fn aws_text(field: &Field<'_>) -> Name {
    let text = |field: &Field<'_>| field.text().ok().flatten();
    let region = text(&field.get("region")).unwrap_or_else(|| Name::new_static("us-east-1"));
    let lambda = field.get("lambda");
    if let Some(function) = text(&lambda.get("functionName")) {
        let host = match text(&lambda.get("endpointURL")) {
            Some(url) => {
                let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned()
            }
            None => format!("lambda.{region}.amazonaws.com:443"),
        };
        return Name::from(format!("{host} (lambda {function})"));
    }
    let what = if field.get("ec2").is_present() { "ec2" } else { "aws" };
    Name::from(format!("{what} ({region})"))
}

/// kgateway's `DirectResponse`.
pub(super) fn direct_response(root: &Field<'_>, meta: Meta) -> Object {
    let spec = root.get("spec");
    let _ = spec.mapping(&["status", "body", "bodyFormat"]);
    let status = spec.get("status");
    let status = status.required().and_then(|status| status.integer(200, 599)).ok().flatten();
    Object::DirectResponse(DirectResponse {
        meta,
        status: status.and_then(|status| u16::try_from(status).ok()).unwrap_or(0),
        body: spec.get("body").text().ok().flatten().map(String::from),
    })
}

/// `ReferenceGrant`.
pub(super) fn reference_grant(root: &Field<'_>, meta: Meta) -> Object {
    let spec = root.get("spec");
    let _ = spec.mapping(&["from", "to"]);
    let from = |item: &Field<'_>| {
        item.mapping(&["group", "kind", "namespace"])?;
        Ok(GrantFrom {
            group: group(item)?,
            kind: item.get("kind").required_text()?,
            namespace: item.get("namespace").required_text()?,
        })
    };
    let to = |item: &Field<'_>| {
        item.mapping(&["group", "kind", "name"])?;
        Ok(GrantTo {
            group: group(item)?,
            kind: item.get("kind").required_text()?,
            name: item.get("name").text()?.filter(|name| !name.is_empty()),
        })
    };
    Object::ReferenceGrant(ReferenceGrant {
        meta,
        from: spec.get("from").list(from).unwrap_or_default(),
        to: spec.get("to").list(to).unwrap_or_default(),
    })
}

/// A required group. `group:` with nothing after it is null, which the API server refuses; the core group is meant.
fn group(item: &Field<'_>) -> Part<Name> {
    item.get("group").required_text()
}

#[cfg(test)]
mod tests {
    use super::{TargetPort, target_port};

    #[test]
    fn a_target_port_is_a_number_or_a_name() {
        assert_eq!(target_port("8080".into()), Some(TargetPort::Number(8080)));
        assert_eq!(target_port("http".into()), Some(TargetPort::Name("http".into())));
        assert_eq!(target_port("0".into()), None);
        assert_eq!(target_port("".into()), None);
    }
}
