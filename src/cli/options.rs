//! The options that commands share: where to read from, under which settings, how to write.
#![allow(clippy::doc_markdown)] // the comments on options are their help texts

mod cluster;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use routescope_core::model::{DiscoverySelectors, Name};
use routescope_core::resolve::{
    Engine, GrantMode, PolicyMerge, Settings, ValidationMode, discovery_selectors, policy_merge,
};
use routescope_manifest::files::Input;
use routescope_manifest::{Channel, Channels, Variables, request_file};

use routescope_render::scope::Scope;

use super::answer::OutputForm;
use super::arguments::boolean;
use super::failure::Failure;
use super::load::Reading;
use crate::tui::words::quoted;

pub use cluster::ClusterOptions;

/// Where the manifests come from.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Source")]
#[allow(clippy::struct_excessive_bools)] // one for each option without a value
pub struct SourceOptions {
    /// Read manifests from a file, a folder, or standard input (-); may be given several times
    #[arg(short = 'f', long = "filename", value_name = "FILE|DIR|-", global = true)]
    pub filename: Vec<PathBuf>,

    /// Recurse into -f directories
    #[arg(short = 'R', long, global = true)]
    pub recursive: bool,

    /// Read what `kubectl kustomize DIR` prints
    #[arg(short = 'k', long, value_name = "DIR", global = true)]
    pub kustomize: Vec<PathBuf>,

    /// Use the manifests that come with the program: a shared gateway, three teams
    #[arg(long, global = true)]
    pub demo: bool,

    /// With -R: read each root of the repository as kustomize builds it, side by side
    #[arg(long, global = true, requires = "recursive")]
    pub roots: bool,

    /// Fill the placeholder ${NAME} in manifests with a value; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable, global = true)]
    pub set: Vec<(String, String)>,

    /// Fill placeholders with the values of a file: NAME=VALUE or NAME: VALUE on each line
    #[arg(long, value_name = "FILE", global = true)]
    pub set_file: Vec<PathBuf>,

    /// Fill placeholders from the environment, too
    #[arg(long, global = true)]
    pub set_env: bool,

    /// Which CRDs of the Gateway API the manifests are read with; by default those in the input say it, else those of the
    /// cluster beneath, else standard
    #[arg(
        long,
        env = "ROUTESCOPE_GATEWAY_API_CHANNEL",
        hide_env_values = true,
        value_name = "CHANNEL",
        help_heading = "Settings",
        global = true
    )]
    pub gateway_api_channel: Option<ChannelName>,

    /// The manifests are the whole world: what is not there does not exist
    #[arg(long, env = "ROUTESCOPE_COMPLETE", hide_env_values = true, value_parser = boolean, global = true)]
    pub complete: bool,
}

/// What to read, without -f.
#[derive(Debug, Clone, Default, Args)]
pub struct Paths {
    /// Files and folders to read, as with -f; - for standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

impl SourceOptions {
    /// The inputs, in the order of kind they are read in.
    pub fn inputs(&self) -> Vec<Input> {
        let files = self.filename.iter().map(|path| match path.to_str() {
            Some("-") => Input::Stdin,
            _ => Input::Path(path.clone()),
        });
        let kustomize = self.kustomize.iter().cloned().map(Input::Kustomize);
        files.chain(kustomize).chain(self.demo.then_some(Input::Demo)).collect()
    }

    /// What is read, and how.
    pub fn reading(&self) -> Result<Reading, Failure> {
        let mut values = std::collections::BTreeMap::new();
        for path in &self.set_file {
            let text = request_file::read(path)?;
            for (line, number) in text.lines().zip(1..) {
                let line = line.trim();
                if line.is_empty() || line.starts_with('#') || line == "---" {
                    continue;
                }
                let (name, value) = setting(line).ok_or_else(|| {
                    let message = format!("{}:{number}: {line:?} sets nothing", path.display());
                    Failure::new(message, "write NAME=VALUE or NAME: VALUE on each line")
                })?;
                values.insert(name, value);
            }
        }
        values.extend(self.set.iter().cloned());
        Ok(Reading {
            inputs: self.inputs(),
            recursive: self.recursive,
            complete: self.complete,
            variables: Variables { values, environment: self.set_env, ..Variables::default() },
            channels: Channels { asked: self.gateway_api_channel.map(ChannelName::channel), cluster: None },
            scope: Scope::default(),
        })
    }

    /// The options as a shell takes them, to read the same files again.
    pub fn arguments(&self) -> String {
        let named = |option: &str, path: &PathBuf| format!("{option} {}", quoted(&path.display().to_string()));
        let files = self.filename.iter().map(|path| named("-f", path));
        let kustomize = self.kustomize.iter().map(|path| named("-k", path));
        let set = self.set.iter().map(|(name, value)| format!("--set {}", quoted(&format!("{name}={value}"))));
        let set_file = self.set_file.iter().map(|path| named("--set-file", path));
        let flags = [
            (self.recursive, "-R"),
            (self.roots, "--roots"),
            (self.set_env, "--set-env"),
            (self.demo, "--demo"),
            (self.complete, "--complete"),
        ];
        let flags = flags.into_iter().filter(|(given, _)| *given).map(|(_, flag)| flag.to_owned());
        let channel = self.gateway_api_channel.map(|channel| format!("--gateway-api-channel {}", channel.name()));
        files.chain(kustomize).chain(set).chain(set_file).chain(flags).chain(channel).collect::<Vec<_>>().join(" ")
    }

    /// What is read, in a few words.
    pub fn title(&self) -> String {
        let files = self.filename.iter().map(|path| match path.to_str() {
            Some("-") => "standard input".to_owned(),
            _ => path.display().to_string(),
        });
        let kustomize = self.kustomize.iter().map(|path| format!("kustomize {}", path.display()));
        let demo = self.demo.then(|| "demo: field guide".to_owned());
        files.chain(kustomize).chain(demo).collect::<Vec<_>>().join(", ")
    }
}

/// `NAME=VALUE`.
fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if is_variable(name) => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE; a name has letters, digits and _".to_owned()),
    }
}

/// One line of a file of settings: as a shell writes it, or as YAML.
fn setting(line: &str) -> Option<(String, String)> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = match (line.split_once('='), line.split_once(':')) {
        (Some((name, value)), _) if is_variable(name) => (name, value),
        (_, Some((name, value))) => (name, value),
        _ => return None,
    };
    let name = name.trim().trim_matches(['"', '\'']);
    let value = value.trim();
    let quoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    is_variable(name).then(|| (name.to_owned(), quoted.unwrap_or(value).to_owned()))
}

fn is_variable(name: &str) -> bool {
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_word && !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// Control-plane settings.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Settings")]
pub struct SettingsOptions {
    /// Answer as this engine, whatever the GatewayClass says
    #[arg(long, env = "ROUTESCOPE_ENGINE", hide_env_values = true, value_name = "ENGINE", global = true)]
    pub engine: Option<EngineName>,

    /// kgateway runs with weighted route precedence
    #[arg(
        long,
        env = "ROUTESCOPE_KGATEWAY_WEIGHTED_ROUTE_PRECEDENCE",
        hide_env_values = true,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = boolean,
        global = true
    )]
    pub kgateway_weighted_route_precedence: Option<bool>,

    /// Which cross-namespace refs kgateway wants a ReferenceGrant for
    #[arg(
        long,
        env = "ROUTESCOPE_KGATEWAY_REFERENCE_GRANT_MODE",
        hide_env_values = true,
        value_name = "MODE",
        default_value = "permissive",
        global = true
    )]
    pub kgateway_reference_grant_mode: GrantModeName,

    /// How much kgateway checks before it hands a table to Envoy
    #[arg(
        long,
        env = "ROUTESCOPE_KGATEWAY_VALIDATION_MODE",
        hide_env_values = true,
        value_name = "MODE",
        default_value = "standard",
        global = true
    )]
    pub kgateway_validation_mode: ValidationModeName,

    /// The namespace of a label ref that means every namespace
    #[arg(
        long,
        env = "ROUTESCOPE_KGATEWAY_WILDCARD_NAMESPACE",
        hide_env_values = true,
        value_name = "NAME",
        default_value = "all",
        global = true
    )]
    pub kgateway_wildcard_namespace: String,

    /// Label selectors of the namespaces that kgateway looks at, as a JSON list; what is elsewhere does not exist
    #[arg(
        long,
        env = "ROUTESCOPE_KGATEWAY_DISCOVERY_NAMESPACE_SELECTORS",
        hide_env_values = true,
        value_name = "JSON",
        value_parser = selectors,
        global = true
    )]
    pub kgateway_discovery_namespace_selectors: Option<Selectors>,

    /// How kgateway merges policies of one target, as JSON: {"trafficPolicy":{"extAuth":"DeepMerge"}}
    #[arg(
        long,
        env = "ROUTESCOPE_KGATEWAY_POLICY_MERGE",
        hide_env_values = true,
        value_name = "JSON",
        value_parser = policy_merge,
        global = true
    )]
    pub kgateway_policy_merge: Option<PolicyMerge>,

    /// The namespace whose policies may select objects of any namespace
    #[arg(
        long,
        env = "ROUTESCOPE_KGATEWAY_GLOBAL_POLICY_NAMESPACE",
        hide_env_values = true,
        value_name = "NAME",
        global = true
    )]
    pub kgateway_global_policy_namespace: Option<String>,
}

/// What [`discovery_selectors`] reads; a type of its own, since clap takes a list for an option given several times.
#[derive(Debug, Clone)]
pub struct Selectors(DiscoverySelectors);

fn selectors(json: &str) -> Result<Selectors, String> {
    discovery_selectors(json).map(Selectors)
}

impl SettingsOptions {
    /// The settings as resolution reads them.
    pub fn settings(&self) -> Settings {
        let Self {
            engine,
            kgateway_weighted_route_precedence,
            kgateway_reference_grant_mode,
            kgateway_validation_mode,
            kgateway_wildcard_namespace,
            kgateway_discovery_namespace_selectors,
            kgateway_policy_merge,
            kgateway_global_policy_namespace,
        } = self;
        Settings {
            engine: engine.map(EngineName::engine),
            weighted_route_precedence: kgateway_weighted_route_precedence.unwrap_or(false),
            reference_grants: match kgateway_reference_grant_mode {
                GrantModeName::Off => GrantMode::Off,
                GrantModeName::Permissive => GrantMode::Permissive,
                GrantModeName::Strict => GrantMode::Strict,
            },
            validation: match kgateway_validation_mode {
                ValidationModeName::Standard => ValidationMode::Standard,
                ValidationModeName::Strict => ValidationMode::Strict,
            },
            wildcard_namespace: Name::from(kgateway_wildcard_namespace.as_str()),
            discovery_namespace_selectors: kgateway_discovery_namespace_selectors
                .as_ref()
                .map(|Selectors(list)| list.clone())
                .unwrap_or_default(),
            policy_merge: kgateway_policy_merge.unwrap_or_default(),
            global_policy_namespace: kgateway_global_policy_namespace
                .as_deref()
                .filter(|name| !name.is_empty())
                .map(Name::from),
        }
    }
}

/// The engines by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum EngineName {
    Kgateway,
    Gloo,
    Agentgateway,
    GatewayApi,
}

impl EngineName {
    fn engine(self) -> Engine {
        match self {
            Self::Kgateway => Engine::Kgateway,
            Self::Gloo => Engine::Gloo,
            Self::Agentgateway => Engine::Agentgateway,
            Self::GatewayApi => Engine::GatewayApi,
        }
    }
}

/// `KGW_REFERENCE_GRANT_MODE` by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum GrantModeName {
    Off,
    Permissive,
    Strict,
}

/// `KGW_VALIDATION_MODE` by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum ValidationModeName {
    Standard,
    Strict,
}

/// A release channel of the Gateway API by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum ChannelName {
    Standard,
    Experimental,
}

impl ChannelName {
    fn channel(self) -> Channel {
        match self {
            Self::Standard => Channel::Standard,
            Self::Experimental => Channel::Experimental,
        }
    }

    /// As it is given.
    fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Experimental => "experimental",
        }
    }
}

/// How to write.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputOptions {
    /// When to use colours
    #[arg(
        long,
        env = "ROUTESCOPE_COLOR",
        hide_env_values = true,
        value_name = "WHEN",
        default_value = "auto",
        global = true
    )]
    pub color: ColorChoice,

    /// Name each file of a repository that is left out, and why
    #[arg(short, long, global = true)]
    pub verbose: bool,

    /// Draw with ASCII characters only
    #[arg(long, env = "ROUTESCOPE_ASCII", hide_env_values = true, value_parser = boolean, global = true)]
    pub ascii: bool,

    /// The explorer's theme to start with
    #[arg(long, value_name = "NAME", env = "ROUTESCOPE_THEME", hide_env_values = true, global = true)]
    pub theme: Option<String>,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The formats of a command whose text has columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// For a person.
    Text,
    /// For a person with a wide terminal.
    Wide,
    /// JSON, indented.
    Json,
    /// YAML.
    Yaml,
}

impl TableFormat {
    /// How that is written down.
    pub fn shape(self) -> OutputForm {
        match self {
            Self::Text | Self::Wide => OutputForm::Text,
            Self::Json => OutputForm::Json,
            Self::Yaml => OutputForm::Yaml,
        }
    }
}
