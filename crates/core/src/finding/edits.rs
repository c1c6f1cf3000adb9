//! How many letters two words differ in, for "did you mean": as far as it is few.

/// More letters than this never differ in what is suggested.
pub const MOST: usize = 4;

/// The columns of a row that can hold a few edits: as many before the diagonal as behind it.
const BAND: usize = 2 * MOST + 1;

/// More edits than are counted.
const MANY: usize = 1 + MOST;

/// The edits from one word to others: letters that are added, dropped, changed, or swapped with their neighbour, case
/// aside. Words that come in alphabetical order cost only the letters after what they share with the word before.
#[derive(Debug)]
pub struct Edits {
    word: Vec<char>,
    /// The letters of the other word so far.
    letters: Vec<char>,
    /// Before each of them, and behind the last: the edits to the beginnings of `word` that are about as long.
    rows: Vec<[usize; BAND]>,
    /// How many letters were ever taken.
    taken: usize,
}

impl Edits {
    /// The edits from `word`.
    pub fn from(word: &str) -> Self {
        let mut first = [MANY; BAND];
        for edits in 0..=MOST {
            first[MOST + edits] = edits;
        }
        let mut this =
            Self { word: word.chars().map(fold).collect(), letters: Vec::new(), rows: vec![first], taken: 0 };
        let columns = this.word.len();
        this.rows[0].iter_mut().skip(MOST + 1 + columns).for_each(|edits| *edits = MANY);
        this
    }

    /// How many letters the word has.
    pub fn letters(&self) -> usize {
        self.word.len()
    }

    /// How many letters of other words were compared: what the search cost.
    pub fn taken(&self) -> usize {
        self.taken
    }

    /// Takes another word. `Err` holds the length in bytes of its beginning that no word has which is near.
    pub fn to(&mut self, other: &str) -> Result<(), usize> {
        let shared = other.chars().map(fold).zip(&self.letters).take_while(|(new, old)| new == *old).count();
        self.letters.truncate(shared);
        self.rows.truncate(shared + 1);
        for (at, letter) in other.char_indices().skip(shared) {
            if !self.push(fold(letter)) {
                self.letters.pop();
                self.rows.pop();
                return Err(at + letter.len_utf8());
            }
        }
        Ok(())
    }

    /// The edits to the word that was taken from the first so many letters of the own one, if they are few.
    pub fn from_first(&self, letters: usize) -> Option<usize> {
        let column = (letters + MOST).checked_sub(self.letters.len())?;
        let edits = *self.rows.last()?.get(column)?;
        (edits < MANY).then_some(edits)
    }

    /// The same, if at most a third of the letters differ: a slip of the finger.
    pub fn near(&self, letters: usize) -> Option<usize> {
        let long = letters.max(self.letters.len());
        self.from_first(letters).filter(|edits| *edits <= long.div_ceil(3).min(MOST) && *edits < long)
    }

    /// Takes a letter more. Returns whether a word that begins so may be near.
    fn push(&mut self, letter: char) -> bool {
        self.taken += 1;
        let row = self.letters.len() + 1;
        let above = &self.rows[row - 1];
        let before = row.checked_sub(2).map(|row| (&self.rows[row], self.letters[row]));
        let mut edits = [MANY; BAND];
        for place in 0..BAND {
            // The column of a place moves with the row: the one above is a place further.
            let Some(column) = (row + place).checked_sub(MOST).filter(|column| *column <= self.word.len()) else {
                continue;
            };
            let mut least = above.get(place + 1).map_or(MANY, |edits| edits + 1);
            if place > 0 {
                least = least.min(edits[place - 1] + 1);
            }
            if column > 0 {
                least = least.min(above[place] + usize::from(self.word[column - 1] != letter));
            }
            if let Some((before, previous)) = before
                && column > 1
                && self.word[column - 2] == letter
                && self.word[column - 1] == previous
            {
                least = least.min(before[place] + 1);
            }
            edits[place] = least.min(MANY);
        }
        self.letters.push(letter);
        self.rows.push(edits);
        edits.iter().any(|edits| *edits < MANY)
    }
}

fn fold(letter: char) -> char {
    if letter.is_ascii() { letter.to_ascii_lowercase() } else { letter.to_lowercase().next().unwrap_or(letter) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same in the plain way: the whole table.
    fn in_full(from: &[char], to: &[char]) -> usize {
        let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
        for (i, a) in from.iter().enumerate() {
            let mut row = vec![i + 1];
            for (j, b) in to.iter().enumerate() {
                let mut least = (rows[i][j] + usize::from(a != b)).min(rows[i][j + 1] + 1).min(row[j] + 1);
                if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                    least = least.min(rows[i - 1][j - 1] + 1);
                }
                row.push(least);
            }
            rows.push(row);
        }
        rows[from.len()][to.len()]
    }

    proptest! {
        #[test]
        fn few_edits_are_counted_as_in_the_whole_table(
            word in "[abAé/]{0,9}",
            mut others in proptest::collection::vec("[abAé/]{0,12}", 1..12),
        ) {
            others.sort();
            let letters = |text: &str| text.chars().map(fold).collect::<Vec<char>>();
            let from = letters(&word);
            let mut edits = Edits::from(&word);
            for other in &others {
                let to = letters(other);
                let is_near = edits.to(other).is_ok();
                for length in 0..=from.len() {
                    let all = in_full(&from[..length], &to);
                    let few = if is_near { edits.from_first(length) } else { None };
                    prop_assert_eq!(few, (all <= MOST).then_some(all), "{} of {} to {}", length, word, other);
                }
            }
        }
    }
}
