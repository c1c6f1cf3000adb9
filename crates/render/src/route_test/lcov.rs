//! Rule coverage as an LCOV tracefile: a line of a manifest counts as run when its rule is met.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use routescope_core::analysis::Analysis;
use routescope_core::visible::visible;

use crate::data::SourceData;

use super::Coverage;

/// The coverage as LCOV.
pub fn lcov(analysis: &Analysis, coverage: &Coverage) -> String {
    let mut files: BTreeMap<String, BTreeMap<u32, u32>> = BTreeMap::new();
    for id in &coverage.all {
        let route = analysis.snapshot.route(id.0);
        let Some(rule) = route.rules.get(id.1 as usize) else { continue };
        let Some(SourceData { file, line }) = SourceData::of(&route.meta.origin, rule.at) else { continue };
        let hits = files.entry(file).or_default().entry(line).or_default();
        *hits = (*hits).max(u32::from(coverage.met.contains(id)));
    }
    let mut out = String::new();
    for (file, lines) in files {
        let _ = writeln!(out, "TN:\nSF:{}", visible(&file));
        for (line, hits) in &lines {
            let _ = writeln!(out, "DA:{line},{hits}");
        }
        let hit = lines.values().filter(|hits| **hits > 0).count();
        let _ = writeln!(out, "LF:{}\nLH:{hit}\nend_of_record", lines.len());
    }
    out
}
