//! `metadata`, and the times and label selectors that several kinds share.

use super::field::{Field, Part};
use routescope_core::finding::Code;
use routescope_core::model::{Meta, Name, NamespaceSelector, Requirement, RequirementOperator, Timestamp};

/// kubectl's copy of the manifest: long, and of no use here.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Decodes `metadata`. An object without a name cannot be told from others: `None`.
pub(super) fn meta(root: &Field<'_>, namespaced: bool) -> Option<Meta> {
    let field = root.get("metadata");
    // Unknown fields are not reported here: the API server knows more of them than routing needs.
    let name = match field.get("name").text() {
        Ok(Some(name)) if !name.is_empty() => name,
        Ok(_) => {
            let help = field.get("generateName").is_present();
            let help = help.then(|| "generateName works for kubectl create only; give it a name".to_owned());
            field.get("name").error(Code::MissingName, "required, but not there: the object is left out", help);
            return None;
        }
        Err(_) => return None,
    };
    let written = || field.get("namespace").text().ok().flatten().filter(|namespace| !namespace.is_empty());
    let written = namespaced.then(written).flatten();
    let unplaced = namespaced && written.is_none();
    // As kubectl applies it: an object without a namespace goes to the context's, `default` where none is set.
    let namespace = if unplaced { Name::new_static("default") } else { written.unwrap_or_default() };
    {
        let mut subject = root.cx.subject.borrow_mut();
        subject.key.name = name.clone();
        subject.key.namespace = namespace.clone();
    }
    Some(Meta {
        namespace,
        unplaced,
        name,
        labels: field.get("labels").text_map(|_| true),
        annotations: field.get("annotations").text_map(|key| key != LAST_APPLIED),
        created: created(&field),
        origin: root.cx.origin.clone(),
        defective: false,
        doubt: None,
        dropped: None,
        open: None,
    })
}

fn created(metadata: &Field<'_>) -> Option<Timestamp> {
    let field = metadata.get("creationTimestamp");
    let text = field.text().ok().flatten()?;
    let time = timestamp(&text);
    if time.is_none() {
        let problem = format!("expected a time such as 2026-01-31T08:00:00Z, found {text:?}");
        field.error(Code::WrongType, &problem, None);
    }
    time
}

/// Seconds since 1970 of an RFC 3339 time; fractions of a second are cut off, as `metav1.Time` does.
pub(super) fn timestamp(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = text.get(range)?;
        if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
    };
    let separator = |index: usize, allowed: &[u8]| bytes.get(index).is_some_and(|b| allowed.contains(b));
    let separated = separator(4, b"-") && separator(7, b"-") && separator(10, b"Tt") && separator(13, b":");
    if !separated || !separator(16, b":") {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut rest = &text[19..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return None;
        }
        rest = &fraction[digits..];
    }
    let offset = match rest.as_bytes() {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] if [h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit()) => {
            let two = |a: &u8, b: &u8| i64::from(a - b'0') * 10 + i64::from(b - b'0');
            let seconds = two(h1, h2) * 3600 + two(m1, m2) * 60;
            if *sign == b'+' { seconds } else { -seconds }
        }
        _ => return None,
    };
    Some(days_before(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 to the given day of the Gregorian calendar.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    // Years counted from March, so that the leap day is the last of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// A `metav1.LabelSelector`.
pub(super) fn selector(field: &Field<'_>) -> Part<Option<NamespaceSelector>> {
    if !field.is_present() {
        return Ok(None);
    }
    field.mapping(&["matchLabels", "matchExpressions"])?;
    Ok(Some(NamespaceSelector {
        labels: field.get("matchLabels").text_map(|_| true),
        expressions: field.get("matchExpressions").list(requirement).unwrap_or_default(),
    }))
}

fn requirement(field: &Field<'_>) -> Part<Requirement> {
    const OPERATORS: &[(&str, RequirementOperator)] = &[
        ("In", RequirementOperator::In),
        ("NotIn", RequirementOperator::NotIn),
        ("Exists", RequirementOperator::Exists),
        ("DoesNotExist", RequirementOperator::DoesNotExist),
    ];
    field.mapping(&["key", "operator", "values"])?;
    let Some(operator) = field.get("operator").required()?.choice(OPERATORS)? else {
        return Err(super::field::Dropped);
    };
    Ok(Requirement { key: field.get("key").required_text()?, operator, values: field.get("values").texts() })
}

#[cfg(test)]
mod tests {
    use super::timestamp;

    #[test]
    fn rfc_3339_times_become_seconds() {
        assert_eq!(timestamp("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(timestamp("2024-02-29T12:30:45Z"), Some(1_709_209_845));
        assert_eq!(timestamp("2024-02-29T12:30:45.999Z"), Some(1_709_209_845));
        assert_eq!(timestamp("2024-02-29T14:30:45+02:00"), Some(1_709_209_845));
        assert_eq!(timestamp("1969-12-31T23:59:59Z"), Some(-1));
        assert_eq!(timestamp("2000-03-01t00:00:00z"), Some(951_868_800));
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in [
            "",
            "2024-02-30T00:00:00Z",
            "2024-01-01",
            "2024-01-01T00:00:00",
            "2024-13-01T00:00:00Z",
            "é024-01-01T00:00:00Z",
        ] {
            assert_eq!(timestamp(text), None, "{text}");
        }
    }
}
