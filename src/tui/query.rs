//! What is typed behind `/`: words in any order, `!word`, and words of one field (`ns:shop`, `host:api`, `path:/pay`,
//! `backend:bff`). Upper and lower case are the same.

/// Where a word is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// In all that a row says.
    Any,
    /// In the namespace.
    Namespace,
    /// In the hostnames.
    Host,
    /// In the path of a match.
    Path,
    /// In the Services and Backends that a rule forwards to.
    Backend,
}

/// The fields by the names they are typed by.
const FIELDS: &[(&str, Field)] = &[
    ("ns", Field::Namespace),
    ("namespace", Field::Namespace),
    ("host", Field::Host),
    ("path", Field::Path),
    ("backend", Field::Backend),
    ("to", Field::Backend),
];

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Where it is looked for.
    pub field: Field,
    /// The word, in lower case.
    pub text: String,
    /// The rows that do not have it are wanted.
    pub excluded: bool,
}

/// How well a word fits, the better the larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// It stands somewhere.
    Part,
    /// A word begins with it.
    Beginning,
    /// It is a whole word.
    Word,
    /// It is all that stands between two blanks.
    Exact,
}

impl Grade {
    /// What it counts in a sum of several words.
    pub fn points(self) -> u32 {
        self as u32 + 1
    }
}

/// What is searched for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// The words, all of which must hold.
    pub terms: Vec<Term>,
}

impl Query {
    /// Reads what was typed. A field or `!` without a word behind it asks for nothing yet.
    pub fn parse(text: &str) -> Self {
        let term = |word: &str| {
            let (excluded, word) = match word.strip_prefix('!') {
                Some(rest) => (true, rest),
                None => (false, word),
            };
            let named = word.split_once(':').and_then(|(name, rest)| {
                let known = FIELDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
                Some((known.1, rest))
            });
            let (field, text) = named.unwrap_or((Field::Any, word));
            (!text.is_empty()).then(|| Term { field, text: text.to_lowercase(), excluded })
        };
        Self { terms: text.split_whitespace().filter_map(term).collect() }
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether it is nothing but words.
    pub fn is_plain(&self) -> bool {
        self.terms.iter().all(|term| term.field == Field::Any && !term.excluded)
    }

    /// The words that a row may be marked by.
    pub fn marked(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().filter(|term| !term.excluded).map(|term| term.text.as_str())
    }
}

/// How well `word` fits `text`; both are in lower case. `None` where it does not stand there.
pub fn grade(text: &str, word: &str) -> Option<Grade> {
    let mut best = None;
    for (at, _) in text.match_indices(word) {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let is_edge = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
        let is_blank = |letter: Option<char>| letter.is_none_or(char::is_whitespace);
        let grade = match (is_edge(before), is_edge(after)) {
            _ if is_blank(before) && is_blank(after) => return Some(Grade::Exact),
            (true, true) => Grade::Word,
            (true, false) => Grade::Beginning,
            (false, _) => Grade::Part,
        };
        best = best.max(Some(grade));
    }
    best
}

/// The places of `word` in `text`, upper and lower case alike, as ranges of characters of `text`.
pub fn places(text: &str, word: &str) -> Vec<std::ops::Range<usize>> {
    // One character may be several in lower case: each of those remembers its own.
    let mut lower = String::new();
    let mut owners = Vec::new();
    for (at, letter) in text.chars().enumerate() {
        for small in letter.to_lowercase() {
            lower.push(small);
            owners.push(at);
        }
    }
    let index = |byte: usize| lower[..byte].chars().count();
    let found = lower.match_indices(word).filter(|(_, word)| !word.is_empty());
    found
        .map(|(at, word)| {
            let (first, last) = (index(at), index(at + word.len()) - 1);
            owners[first]..owners[last] + 1
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fields_and_exclusions_are_told_apart() {
        let term = |field, text: &str, excluded| Term { field, text: text.to_owned(), excluded };
        let query = Query::parse("Pay !canary ns:Shop !host:x backend: http://a !");
        assert_eq!(
            query.terms,
            [
                term(Field::Any, "pay", false),
                term(Field::Any, "canary", true),
                term(Field::Namespace, "shop", false),
                term(Field::Host, "x", true),
                term(Field::Any, "http://a", false),
            ]
        );
        assert!(!query.is_plain() && Query::parse("a b").is_plain());
    }

    #[test]
    fn the_whole_word_fits_better_than_its_beginning_and_that_better_than_a_part() {
        let grades = ["pay x", "x /pay/y", "payments", "repay"].map(|text| grade(text, "pay"));
        assert_eq!(grades, [Some(Grade::Exact), Some(Grade::Word), Some(Grade::Beginning), Some(Grade::Part)]);
        assert_eq!(grade("p-a-y", "pay"), None);
        assert_eq!(grade("repay pay", "pay"), Some(Grade::Exact));
    }

    #[test]
    fn places_are_characters_of_the_text_as_it_is_written() {
        assert_eq!(places("ÄPay/pay", "pay"), [1..4, 5..8]);
        assert_eq!(places("İxx", "x"), [1..2, 2..3]);
        assert_eq!(places("x", "long"), Vec::<std::ops::Range<usize>>::new());
    }
}
