//! `routescope info`: what is read from where, and why it looks as it does.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use routescope_cluster::kubeconfig_paths;
use routescope_render::answer::wrapped;
use routescope_render::data::{self, API_VERSION};
use routescope_render::phrases::count;
use routescope_render::style::{Line, Role};
use serde_json::{Value, json};

use super::answer::{OutputForm, print};
use super::failure::Failure;
use super::{Context, Verdict, environment, state, terminal};
use crate::config::{self, Loaded, SETTINGS};
use crate::theme;
use crate::tui::keymap::Keymap;

/// Print the paths, variables, settings and terminal that the program uses
#[derive(Debug, Clone, Args)]
pub struct InfoOptions {
    /// How to write it
    #[arg(short = 'o', long = "output", value_name = "FORMAT", default_value = "text")]
    pub output: InfoFormat,
}

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InfoFormat {
    /// For a person.
    Text,
    /// JSON, indented.
    Json,
    /// YAML.
    Yaml,
}

/// Prints it.
pub fn run(options: &InfoOptions, context: &Context) -> Result<Verdict, Failure> {
    let document = document(context)?;
    let (text, shape) = match options.output {
        InfoFormat::Text => (text(&document), OutputForm::Text),
        InfoFormat::Json => (data::json(&document), OutputForm::Json),
        InfoFormat::Yaml => (data::yaml(&document), OutputForm::Yaml),
    };
    print(shape.content(), &text)?;
    Ok(Verdict::Yes)
}

/// All there is to say.
fn document(context: &Context) -> Result<Value, Failure> {
    let folder = config::folder();
    let loaded = config::load();
    let Loaded { config, themes, problems } = &loaded;
    let (_, wrong_themes) = theme::collect(themes);
    let (_, wrong_keys) = Keymap::of(&config.keys);
    let warnings: Vec<&String> = problems.iter().chain(&wrong_keys).chain(&wrong_themes).collect();
    let kubeconfig = kubeconfig_paths(context.cluster.kubeconfig.as_deref());
    let settings = SETTINGS.iter().map(|setting| (setting.name.to_owned(), (setting.get)(config)));
    let mut settings: serde_json::Map<String, Value> = settings.collect();
    settings.insert("keys".to_owned(), Value::from(config.keys.len()));
    let (kept, why) = state::is_kept(&loaded)?;
    let variables = environment::variables().into_iter();
    let variables = variables.map(|one| json!({ "name": one.name, "value": one.value, "about": one.doc }));
    Ok(json!({
        "apiVersion": API_VERSION,
        "version": env!("CARGO_PKG_VERSION"),
        "paths": {
            "config": folder.as_deref().map(config::file).as_deref().map(path),
            "themes": folder.as_deref().map(|folder| path(&config::themes(folder))),
            "state": config::state_folder().as_deref().map(path),
            "kubeconfig": kubeconfig.iter().map(|one| path(one)).collect::<Vec<_>>(),
        },
        "state": { "kept": kept, "why": why },
        "settings": settings,
        "warnings": warnings,
        "terminal": terminal(context, &loaded),
        "variables": variables.collect::<Vec<_>>(),
    }))
}

fn path(path: &Path) -> Value {
    let path: PathBuf = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    json!({ "path": path.display().to_string(), "exists": path.exists() })
}

/// What is drawn on, and how.
fn terminal(context: &Context, loaded: &Loaded) -> Value {
    let (depth, why) = terminal::depth_and_why(context.output.color);
    let (painted, why_text) = terminal::color_and_why(context.output.color, terminal::is_terminal());
    let size = terminal_size::terminal_size().map(|(width, height)| json!({ "columns": width.0, "rows": height.0 }));
    let asked = context.output.theme.as_deref();
    let (name, why_theme) = match (asked, loaded.config.theme.as_deref()) {
        (Some(name), _) => (name, "--theme or ROUTESCOPE_THEME says so"),
        (None, Some(name)) => (name, "config.toml says so"),
        (None, None) => (config::AUTO, "by the terminal's background"),
    };
    json!({
        "term": std::env::var("TERM").ok(),
        "size": size,
        "textWidth": terminal::width(),
        "explorer": { "colors": depth.name(), "why": why },
        "text": { "colors": painted, "why": why_text },
        "theme": { "name": name, "why": why_theme },
        "ascii": context.output.ascii || loaded.config.ascii,
    })
}

/// The same for a person.
fn text(document: &Value) -> String {
    let mut text = String::new();
    let word = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{}", format!("{name:<12} {value}").trim_end());
    };
    let file = |value: &Value| {
        let missing = if value["exists"] == true { "" } else { "  (not there)" };
        format!("{}{missing}", word(&value["path"]))
    };
    line("version", word(&document["version"]));
    for name in ["config", "themes", "state"] {
        line(name, file(&document["paths"][name]));
    }
    let verb = if document["state"]["kept"] == true { "kept" } else { "not kept" };
    line("", format!("{verb}: {}", word(&document["state"]["why"])));
    let kubeconfig = document["paths"]["kubeconfig"].as_array().into_iter().flatten();
    for (index, one) in kubeconfig.enumerate() {
        line(if index == 0 { "kubeconfig" } else { "" }, file(one));
    }
    let terminal = &document["terminal"];
    line("terminal", word(&terminal["term"]));
    let size = &terminal["size"];
    let cells =
        if size.is_null() { "not a terminal".to_owned() } else { format!("{}×{}", size["columns"], size["rows"]) };
    line("size", format!("{cells}, text {} wide", terminal["textWidth"]));
    let why = |value: &Value, name: &str| format!("{}: {}", word(&value[name]), word(&value["why"]));
    line("explorer", why(&terminal["explorer"], "colors"));
    let colors = if terminal["text"]["colors"] == true { "colours" } else { "no colours" };
    line("text", format!("{colors}: {}", word(&terminal["text"]["why"])));
    line("theme", why(&terminal["theme"], "name"));
    let settings = document["settings"].as_object().into_iter().flatten();
    for (index, (name, value)) in settings.enumerate() {
        let value = if name == "keys" {
            let count = usize::try_from(value.as_u64().unwrap_or_default()).unwrap_or_default();
            format!("keys of your own: {}", words_of(count))
        } else {
            format!("{name} = {value}")
        };
        line(if index == 0 { "settings" } else { "" }, value);
    }
    for (index, warning) in document["warnings"].as_array().into_iter().flatten().enumerate() {
        line(if index == 0 { "warnings" } else { "" }, word(warning));
    }
    text.push_str("\nvariables\n");
    let variables: Vec<&Value> = document["variables"].as_array().into_iter().flatten().collect();
    let (set, unset): (Vec<_>, Vec<_>) = variables.into_iter().partition(|one| one["value"].is_string());
    for one in set {
        let _ = writeln!(text, "  {}={}", word(&one["name"]), word(&one["value"]));
    }
    text.push_str("\nnot set\n");
    let names: Vec<&str> = unset.iter().filter_map(|one| one["name"].as_str()).collect();
    for line in wrapped(Line::of(Role::Text, "  "), &names.join(" "), terminal::width()) {
        let _ = writeln!(text, "{}", line.plain());
    }
    text
}

fn words_of(keys: usize) -> String {
    if keys == 0 { "none".to_owned() } else { count(keys, "action") }
}
