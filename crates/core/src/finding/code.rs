//! Every kind of finding in one table: its code, how bad it is at worst, and what it is called.
//!
//! The explanation and the two examples stand in `codes/CODE.md`, in the manner of rustc's error codes. A test runs the
//! examples: the bad one brings the finding up, the good one does not. `docs/findings.md` is made from this table.

use std::fmt;

use super::Severity;

/// What the table says of a code.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The code.
    pub code: Code,
    /// What kind of finding it is: a heading of the documentation.
    pub group: &'static str,
    /// How bad it is at worst; where it may not be true it is less.
    pub severity: Severity,
    /// What it is called.
    pub title: &'static str,
    text: &'static str,
}

/// An example: a manifest, and how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// The language of its block (`yaml`, `json`, `text`), and the settings that it needs, by word.
    pub info: &'static str,
    /// The text.
    pub text: &'static str,
}

impl Entry {
    /// Why it matters, in Markdown.
    pub fn explanation(&self) -> &'static str {
        self.text.split_once(BAD).map_or(self.text, |(explanation, _)| explanation).trim()
    }

    /// An input that brings the finding up.
    pub fn bad(&self) -> Example {
        Example::after(self.text, BAD)
    }

    /// The same input, repaired.
    pub fn good(&self) -> Example {
        Example::after(self.text, GOOD)
    }
}

const BAD: &str = "\n## Bad\n";
const GOOD: &str = "\n## Good\n";

impl Example {
    /// The language of its block.
    pub fn language(&self) -> &'static str {
        self.info.split(' ').next().unwrap_or_default()
    }

    /// The block below a heading; empty when there is none.
    fn after(text: &'static str, heading: &str) -> Self {
        let block = text.split_once(heading).and_then(|(_, rest)| rest.split_once("```"));
        let block = block.and_then(|(_, rest)| rest.split_once('\n'));
        let Some((info, rest)) = block else { return Self { info: "text", text: "" } };
        let text = if rest.starts_with("```") { "" } else { rest.split_once("\n```").map_or(rest, |(text, _)| text) };
        Self { info, text }
    }
}

/// Writes the enum and the table.
macro_rules! codes {
    ($($group:literal: { $($code:ident $name:literal $severity:ident $title:literal,)* })*) => {
        /// A stable code: lower-case words with dashes (`yaml-syntax`, `unresolved-delegation`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(clippy::doc_markdown)] // titles are for the terminal, too
        pub enum Code {
            $($(#[doc = $title] $code,)*)*
        }

        /// All codes, in the order of the documentation, which is that of [`Code`].
        pub const TABLE: &[Entry] = &[$($(Entry {
            code: Code::$code,
            group: $group,
            severity: Severity::$severity,
            title: $title,
            text: include_str!(concat!("codes/", $name, ".md")),
        },)*)*];

        impl Code {
            /// The code as it is written.
            pub fn name(self) -> &'static str {
                match self {
                    $($(Self::$code => $name,)*)*
                }
            }
        }
    };
}

codes! {
    "Reading the input": {
        YamlSyntax "yaml-syntax" Error "The YAML cannot be parsed",
        JsonSyntax "json-syntax" Error "The JSON cannot be parsed",
        NotText "not-text" Error "The file is not text",
        TooDeep "too-deep" Error "The document is nested too deep",
        TooLarge "too-large" Error "The object is too large",
        TooManyAliases "too-many-aliases" Error "The aliases of a document expand too far",
        DuplicateKey "duplicate-key" Warning "A key is written twice",
        MergeOverrides "merge-overrides" Warning "A merge key overrides a key above it",
        Unreadable "unreadable" Error "A file or folder cannot be read",
        NotFollowed "not-followed" Info "A link to a folder is not followed",
        NotReadable "not-readable" Warning "The cluster does not permit reading this",
        OddSnapshot "odd-snapshot" Warning "A snapshot has a part that is not understood",
        SeveralSnapshots "several-snapshots" Warning "Several snapshots are read together",
        HelmChart "helm-chart" Info "A Helm chart is not rendered",
        Kustomization "kustomization" Info "What a kustomization changes is not applied",
        Placeholder "placeholder" Info "A placeholder is not filled in",
    }
    "Objects": {
        NotAResource "not-a-resource" Error "The document is not a Kubernetes object",
        UnknownKind "unknown-kind" Error "The API group has no such kind",
        UnsupportedKind "unsupported-kind" Warning "Objects of this kind are not read",
        UnservedVersion "unserved-version" Warning "No current server has this version of the API",
        MissingName "missing-name" Error "An object has no name",
        MissingField "missing-field" Error "A required field is missing",
        WrongType "wrong-type" Error "A value has the wrong type",
        UnknownValue "unknown-value" Error "A value is not one of those the field accepts",
        OutOfRange "out-of-range" Error "A number is out of range",
        UnknownField "unknown-field" Warning "The schema has no such field",
        ExperimentalField "experimental-field" Warning "The standard channel has no such field",
        ApiRefused "api-refused" Error "The API server would refuse the object",
        DuplicateObject "duplicate-object" Warning "An object is defined twice",
    }
    "Gateways and attachment": {
        GatewayAssumed "gateway-assumed" Info "A Gateway is not in the input",
        EngineAssumed "engine-assumed" Info "Which engine serves a Gateway is not known",
        ListenerRejected "listener-rejected" Error "A listener is not served",
        ListenerWithoutRoutes "listener-without-routes" Warning "A TCP or TLS listener has nothing to serve",
        ListenerKinds "listener-kinds" Warning "A listener admits kinds that its protocol does not carry",
        EnvoyRefusesListener "envoy-refuses-listener" Error "Envoy refuses a whole listener",
        HostnamesIsolated "hostnames-isolated" Warning "More specific listeners take every hostname of a route",
        RouteNotAttached "route-not-attached" Error "A parentRef attaches to no listener",
        ParentNotFound "parent-not-found" Warning "A parentRef names nothing, and something similar exists",
        RouteOrphaned "route-orphaned" Info "Nothing leads to a route",
        StreamNotServed "stream-not-served" Error "A TCPRoute or TLSRoute is not served",
        MeshRoute "mesh-route" Info "A route of a service mesh is not followed",
        NamespaceNotDiscovered "namespace-not-discovered" Info "The discovery selectors leave out routes",
    }
    "Delegation": {
        UnresolvedDelegation "unresolved-delegation" Error "A delegating ref selects no usable route",
        CyclicDelegation "cyclic-delegation" Error "Routes delegate in a circle",
        ChildNotAdoptable "child-not-adoptable" Warning "A child's parentRefs do not name the parent",
        ChildNotPermitted "child-not-permitted" Warning "No ReferenceGrant permits a delegation",
        ChildHasHostnames "child-has-hostnames" Warning "A delegated route has hostnames",
        ChildEscapesPrefix "child-escapes-prefix" Warning "A child matches paths outside its parent's prefix",
        MatchDropped "match-dropped" Warning "A child's match is dropped",
        ParentMatcherWins "parent-matcher-wins" Warning "A parent's condition replaces the child's",
        ParentRewriteTakesPrefix "parent-rewrite-takes-prefix" Warning "A parent's rewrite removes the child's prefix",
        ServicesIgnored "services-ignored" Warning "A rule that delegates also has Services",
        RefCollectsChildren "ref-collects-children" Warning "A ref collects the children of another rule",
        BrokenRefHidden "broken-ref-hidden" Warning "A working ref hides a broken one",
        LabelOfSeveralNamespaces "label-of-several-namespaces" Info "A label selects routes of several namespaces",
        UndefinedWinner "undefined-winner" Warning "Which of two parents wins is not defined",
        ControlPlaneCrash "control-plane-crash" Error "The control plane crashes on a rule",
        TreeTooLarge "tree-too-large" Warning "The delegation tree is too large to follow",
    }
    "Backends": {
        BackendMissing "backend-missing" Error "A backend does not exist",
        BackendPortMissing "backend-port-missing" Error "A backend has no such port",
        BackendNotPermitted "backend-not-permitted" Error "No ReferenceGrant permits a backendRef",
        BackendKindUnknown "backend-kind-unknown" Error "The engine does not know a backend's kind",
        BackendPortNotAllowed "backend-port-not-allowed" Error "A ref to a Backend has a port",
        NoBackends "no-backends" Error "A rule has no backend",
        AllWeightsZero "all-weights-zero" Error "All weights of a rule are zero",
        NoEndpoints "no-endpoints" Warning "A Service has no ready endpoint",
        ExternalName "external-name" Warning "A Service of type ExternalName is used as a backend",
    }
    "Sets of requests": {
        RuleUnreachable "rule-unreachable" Warning "No request reaches a rule",
        RuleConflict "rule-conflict" Warning "Two routes have the same match",
        BackendUnreached "backend-unreached" Warning "No request reaches a backend",
        PrefixOverlap "prefix-overlap" Warning "A route takes paths that are delegated to another namespace",
    }
    "Rules": {
        RuleRefused "rule-refused" Error "agentgateway leaves a rule out",
        RuleReplaced "rule-replaced" Error "The engine replaces a rule that Envoy would refuse",
        EnvoyRefusesTable "envoy-refuses-table" Error "Envoy refuses the whole route table",
        InvalidPath "invalid-path" Error "A path is not valid",
        InvalidRegex "invalid-regex" Error "A regular expression is not valid",
        RegexesTooLarge "regexes-too-large" Warning "Regular expressions are too large to compile",
        InvalidRedirectStatus "invalid-redirect-status" Error "A redirect has a status that is not supported",
        InvalidRedirectPath "invalid-redirect-path" Error "A redirect has a path that is not valid",
        NoPrefix "no-prefix" Error "A prefix is replaced, but the match is not a prefix",
        DirectResponseMissing "direct-response-missing" Error "A DirectResponse does not exist",
        DirectResponseConflict "direct-response-conflict" Error "A rule has a DirectResponse and another action",
        UnresolvedExtension "unresolved-extension" Error "A filter's ExtensionRef is not found",
        PolicyTargetMissing "policy-target-missing" Warning "A policy targets nothing",
        RouteWeightIgnored "route-weight-ignored" Info "A route weight has no effect",
        InvalidPolicy "invalid-policy" Error "A TrafficPolicy cannot be built",
        RedirectLoop "redirect-loop" Warning "A redirect leads back to itself",
        RedirectKeepsPort "redirect-keeps-port" Info "A redirect to https keeps the port of http",
        PrefixReplacedByLetter "prefix-replaced-by-letter" Warning "A replaced prefix loses or doubles a slash",
    }
}

impl Code {
    /// What the table says of it.
    pub fn entry(self) -> &'static Entry {
        &TABLE[self as usize]
    }

    /// The code that is written so.
    pub fn parse(name: &str) -> Option<Self> {
        TABLE.iter().map(|entry| entry.code).find(|code| code.name() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
