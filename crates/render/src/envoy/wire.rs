//! Envoy's route configuration as proto3 JSON: the messages of `envoy.config.route.v3` that a table needs.
//!
//! Fields are written as Envoy's own `config_dump` writes them: by their protobuf names, in order of their numbers, those
//! that hold their default left out.

use serde::Serialize;

use routescope_core::model::Name;

/// `envoy.config.route.v3.RouteConfiguration`.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct RouteConfiguration {
    pub name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub virtual_hosts: Vec<VirtualHost>,
    pub ignore_port_in_host_matching: bool,
}

/// `VirtualHost`.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct VirtualHost {
    pub name: String,
    pub domains: Vec<Name>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_tls: Option<&'static str>,
}

/// `Route`.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct Route {
    pub r#match: RouteMatch,
    #[serde(flatten)]
    pub action: RouteVerb,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_headers_to_add: Vec<HeaderValueOption>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub response_headers_to_add: Vec<HeaderValueOption>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub response_headers_to_remove: Vec<Name>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_headers_to_remove: Vec<Name>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// `Route.action`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum RouteVerb {
    Route(RouteAction),
    Redirect(RedirectAction),
    DirectResponse(DirectResponseAction),
}

/// `RouteMatch`.
#[derive(Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct RouteMatch {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Name>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderMatcher>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub query_parameters: Vec<QueryParameterMatcher>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safe_regex: Option<RegexMatcher>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_separated_prefix: Option<Name>,
}

/// `HeaderMatcher`.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct HeaderMatcher {
    pub name: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub present_match: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub string_match: Option<StringMatcher>,
}

/// `QueryParameterMatcher`.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct QueryParameterMatcher {
    pub name: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub string_match: Option<StringMatcher>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub present_match: Option<bool>,
}

/// `envoy.type.matcher.v3.StringMatcher`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum StringMatcher {
    Exact(Name),
    SafeRegex(RegexMatcher),
}

/// `envoy.type.matcher.v3.RegexMatcher`.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct RegexMatcher {
    pub regex: Name,
}

/// `RouteAction`.
#[derive(Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct RouteAction {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weighted_clusters: Option<WeightedCluster>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_rewrite: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_rewrite_literal: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    pub cluster_not_found_response_code: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_mirror_policies: Vec<RequestMirrorPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex_rewrite: Option<RegexMatchAndSubstitute>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub upgrade_configs: Vec<UpgradeConfig>,
}

/// `RouteAction.UpgradeConfig`.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct UpgradeConfig {
    pub upgrade_type: &'static str,
}

/// `WeightedCluster`.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct WeightedCluster {
    pub clusters: Vec<ClusterWeight>,
}

/// `WeightedCluster.ClusterWeight`.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct ClusterWeight {
    pub name: String,
    pub weight: u32,
}

/// `RouteAction.RequestMirrorPolicy`.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct RequestMirrorPolicy {
    pub cluster: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime_fraction: Option<RuntimeFraction>,
}

/// `envoy.config.core.v3.RuntimeFractionalPercent`.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct RuntimeFraction {
    pub default_value: FractionalPercent,
}

/// `envoy.type.v3.FractionalPercent`; without a denominator it is a percentage.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct FractionalPercent {
    #[serde(skip_serializing_if = "is_zero")]
    pub numerator: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<&'static str>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// `envoy.type.matcher.v3.RegexMatchAndSubstitute`.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct RegexMatchAndSubstitute {
    pub pattern: RegexMatcher,
    pub substitution: Name,
}

/// `RedirectAction`.
#[derive(Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct RedirectAction {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_redirect: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_redirect: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub https_redirect: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_rewrite: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme_redirect: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port_redirect: Option<u16>,
}

/// `DirectResponseAction`.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct DirectResponseAction {
    pub status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<DataSource>,
}

/// `envoy.config.core.v3.DataSource`.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct DataSource {
    pub inline_string: String,
}

/// `envoy.config.core.v3.HeaderValueOption`; without an action the value is appended.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct HeaderValueOption {
    pub header: HeaderValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub append_action: Option<&'static str>,
}

/// `envoy.config.core.v3.HeaderValue`.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct HeaderValue {
    pub key: Name,
    pub value: Name,
}
