//! A command line as a shell splits it: quotes, escapes, line continuations. Windows' `^` escapes are read, too.

/// The words of a command, up to a pipe, a redirection or the next command.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = text.chars().peekable();
    let windows = text.contains("^\"") || text.contains("^\n") || text.contains("^\r\n");
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => single(&mut letters, word.get_or_insert_default()),
            '"' => double(&mut letters, word.get_or_insert_default()),
            '$' if letters.peek() == Some(&'\'') => {
                letters.next();
                ansi(&mut letters, word.get_or_insert_default());
            }
            '\\' => match letters.next() {
                Some('\r') => drop(letters.next_if_eq(&'\n')),
                Some('\n') | None => {}
                Some(escaped) => word.get_or_insert_default().push(escaped),
            },
            '^' if windows => match letters.next() {
                Some('\r') => drop(letters.next_if_eq(&'\n')),
                Some('\n') | None => {}
                Some('"') => double_in_windows(&mut letters, word.get_or_insert_default()),
                Some(escaped) => word.get_or_insert_default().push(escaped),
            },
            '|' | ';' | '>' | '<' | '&' if word.is_none() => break,
            blank if blank.is_whitespace() => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

type Letters<'t> = std::iter::Peekable<std::str::Chars<'t>>;

fn single(letters: &mut Letters<'_>, word: &mut String) {
    word.extend(letters.take_while(|letter| *letter != '\''));
}

fn double(letters: &mut Letters<'_>, word: &mut String) {
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return,
            '\\' => match letters.next() {
                Some('\n') | None => {}
                Some(escaped @ ('"' | '\\' | '$' | '`')) => word.push(escaped),
                Some(other) => word.extend(['\\', other]),
            },
            letter => word.push(letter),
        }
    }
}

/// `^"…^"`, with `^` before each letter that cmd would take for its own.
fn double_in_windows(letters: &mut Letters<'_>, word: &mut String) {
    while let Some(letter) = letters.next() {
        match letter {
            '^' => match letters.next() {
                Some('"') | None => return,
                Some(escaped) => word.push(escaped),
            },
            '"' => return,
            '\\' if letters.peek() == Some(&'^') => {
                letters.next();
                word.extend(letters.next());
            }
            letter => word.push(letter),
        }
    }
}

/// `$'…'`: C escapes.
fn ansi(letters: &mut Letters<'_>, word: &mut String) {
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => return,
            '\\' => match letters.next() {
                Some('n') => word.push('\n'),
                Some('r') => word.push('\r'),
                Some('t') => word.push('\t'),
                Some('x') => word.extend(code(letters, 2)),
                Some('u') => word.extend(code(letters, 4)),
                Some('U') => word.extend(code(letters, 8)),
                Some(escaped) => word.push(escaped),
                None => {}
            },
            letter => word.push(letter),
        }
    }
}

/// A letter by its number, of at most `digits` hexadecimal digits.
fn code(letters: &mut Letters<'_>, digits: usize) -> Option<char> {
    let mut number = String::new();
    while number.len() < digits
        && let Some(digit) = letters.next_if(char::is_ascii_hexdigit)
    {
        number.push(digit);
    }
    u32::from_str_radix(&number, 16).ok().and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_line_is_split_as_a_shell_splits_it() {
        assert_eq!(words("a 'b c' \"d \\\" e\" f\\ g $'h\\x21\\u00e9' | jq ."), ["a", "b c", "d \" e", "f g", "h!é"]);
        assert_eq!(words("a \\\n b"), ["a", "b"]);
        assert_eq!(words("a '' b"), ["a", "", "b"]);
        assert_eq!(words("a?x=1&y=2"), ["a?x=1&y=2"]);
        assert_eq!(words("'never closed"), ["never closed"]);
    }
}
