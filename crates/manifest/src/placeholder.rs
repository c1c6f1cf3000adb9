//! `${NAME}` and `${NAME:=default}`: what Flux, envsubst and plugins of Argo CD fill in before a manifest is applied.

use std::collections::BTreeMap;

/// What is to be filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    /// Values by name.
    pub values: BTreeMap<String, String>,
    /// What has no value here is looked up in the environment.
    pub environment: bool,
    /// What Flux makes of what a tool prints, by the name of that source: `kustomize apps/shop`.
    pub built: BTreeMap<String, Filling>,
}

/// What Flux makes of the objects of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filling {
    /// The values of placeholders, by name.
    pub values: BTreeMap<String, String>,
    /// The namespace that it puts them into.
    pub target: Option<String>,
}

impl Filling {
    /// The values, and those that are given by hand: these count more.
    pub(super) fn over(&self, variables: &Variables) -> Variables {
        let mut values = self.values.clone();
        values.extend(variables.values.clone());
        Variables { values, environment: variables.environment, built: BTreeMap::new() }
    }
}

impl Variables {
    fn value(&self, name: &str) -> Option<String> {
        let value = self.values.get(name).cloned();
        value.or_else(|| self.environment.then(|| std::env::var(name).ok()).flatten())
    }
}

/// A placeholder in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Placeholder<'t> {
    start: usize,
    end: usize,
    name: &'t str,
    default: Option<&'t str>,
}

/// Whether a text may hold a placeholder: most hold none, and need not be looked through.
pub(super) fn is_open(text: &str) -> bool {
    let holds = |part: &[u8]| memchr::memmem::find(text.as_bytes(), part).is_some();
    can_be_filled(text) || holds(b"{{") || memchr::memchr(b'<', text.as_bytes()).is_some()
}

fn can_be_filled(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"${").is_some()
}

/// The text with its placeholders filled in, of which a value or a default is known; `None` when nothing changes.
pub(super) fn filled(text: &str, variables: &Variables) -> Option<String> {
    if !can_be_filled(text) {
        return None;
    }
    let mut result = String::new();
    let mut done = 0;
    for Placeholder { start, end, name, default } in placeholders(text) {
        let default = || default.map(|default| filled(default, variables).unwrap_or_else(|| default.to_owned()));
        let Some(value) = variables.value(name).or_else(default) else { continue };
        // A value of several lines would shift every place after it.
        if value.contains('\n') {
            continue;
        }
        result.push_str(&text[done..start]);
        result.push_str(&value);
        done = end;
    }
    if done == 0 {
        return None;
    }
    result.push_str(&text[done..]);
    Some(result)
}

fn placeholders(text: &str) -> impl Iterator<Item = Placeholder<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + text.get(at..)?.find("${")?;
            at = start + 2;
            // `$${` is a dollar that is meant.
            if text[..start].ends_with('$') {
                continue;
            }
            if let Some(placeholder) = placeholder(text, start) {
                at = placeholder.end;
                return Some(placeholder);
            }
        }
    })
}

fn placeholder(text: &str, start: usize) -> Option<Placeholder<'_>> {
    let inner = &text[start + 2..];
    let close = closing(inner)?;
    let inner = &inner[..close];
    let length = inner.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let (name, rest) = inner.split_at(length);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let default = [":=", ":-", "=", "-"].iter().find_map(|sign| rest.strip_prefix(sign));
    (rest.is_empty() || default.is_some()).then_some(Placeholder { start, end: start + 3 + close, name, default })
}

/// Where the brace closes that is open before `inner`, in the same line: a default may hold placeholders itself.
fn closing(inner: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'\n' => return None,
            b'{' if inner[..at].ends_with('$') => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str) -> Option<String> {
        let values =
            [("DOMAIN", "example.com"), ("EMPTY", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        filled(text, &Variables { values: values.into(), ..Variables::default() })
    }

    #[test]
    fn values_and_defaults_are_filled_in() {
        assert_eq!(fill("a.${DOMAIN}, ${DOMAIN:=x}${EMPTY}").as_deref(), Some("a.example.com, example.com"));
        assert_eq!(fill("${X:=y.z} ${X:-} ${X}").as_deref(), Some("y.z  ${X}"));
        assert_eq!(fill("a: ${X:-\"${DOMAIN}\"}, ${X:=${Y:-b}}").as_deref(), Some("a: \"example.com\", b"));
    }

    #[test]
    fn what_is_no_placeholder_stays() {
        for text in ["", "$DOMAIN", "$${DOMAIN}", "${}", "${1}", "${DOMAIN", "${DOMAIN\n}", "${a.b}", "${OTHER}"] {
            assert_eq!(fill(text), None, "{text}");
        }
    }
}
