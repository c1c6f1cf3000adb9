//! `routescope explain`: what a finding means.

use clap::Args;

use routescope_core::finding::{Code, TABLE, closest};
use routescope_render::findings::explain;

use super::answer;
use super::failure::Failure;
use super::terminal::Content;
use super::{Context, Verdict, terminal};

/// Print what the code of a finding means, why it matters, and a bad and a good example
#[derive(Debug, Clone, Args)]
pub struct ExplainOptions {
    /// The code, as `check` prints it; none lists all
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// Prints an entry of the table of findings, or all in short.
pub fn run(options: &ExplainOptions, context: &Context) -> Result<Verdict, Failure> {
    let text = match &options.code {
        None => explain::list(context.paint()),
        Some(name) => {
            let wanted = name.trim().trim_matches(['[', ']']).to_ascii_lowercase();
            let Some(code) = Code::parse(&wanted) else {
                let near = closest(&wanted, TABLE.iter().map(|entry| entry.code.name()));
                let hint = near.map_or_else(
                    || "`routescope explain` lists all codes".to_owned(),
                    |near| format!("did you mean {near}?"),
                );
                return Err(Failure::new(format!("no finding has the code {name}"), hint));
            };
            explain::entry(code.entry(), context.paint(), terminal::width())
        }
    };
    answer::print(Content::Lines, &text)?;
    Ok(Verdict::Yes)
}
