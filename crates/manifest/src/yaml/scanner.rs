//! From characters to tokens, by the rules of libyaml, which kubectl's reader (go-yaml v2) shares.
//!
//! They are laxer than those of YAML 1.2: a quoted scalar may go on at any column, and so may a flow collection. A key
//! is known as one only when its colon comes: tokens wait until it is certain that none of them is a key.

use std::collections::VecDeque;

use super::cursor::{Cursor, Mark};
use super::token::{Kind, SyntaxError, Token, error};

/// A key without `?` has its colon within so many characters, and in the same line.
const LONGEST_KEY: usize = 1024;
/// How deep flow collections may be nested before the scanner gives up; no reader of its tokens goes that deep.
const DEEPEST_FLOW: usize = 1000;
/// What the scanner says then.
pub(super) const TOO_DEEP: &str = "collections are nested too deep";

/// A token that may turn out to be a key.
#[derive(Debug, Clone, Copy, Default)]
struct PossibleKey {
    possible: bool,
    /// Nothing but a key may stand at this place.
    required: bool,
    /// The number of the token, counted from the beginning.
    token: usize,
    mark: Mark,
}

/// Cuts a text into tokens.
pub(super) struct Scanner<'t> {
    pub(super) cursor: Cursor<'t>,
    tokens: VecDeque<Token<'t>>,
    /// How many tokens were taken out of the queue.
    taken: usize,
    /// The column of the block collection at hand; -1 outside of all.
    pub(super) indent: isize,
    indents: Vec<isize>,
    /// One for each flow collection that is open, and one for what is around them.
    keys: Vec<PossibleKey>,
    pub(super) key_allowed: bool,
    ended: bool,
}

impl<'t> Scanner<'t> {
    pub fn new(text: &'t str) -> Self {
        Self {
            cursor: Cursor::new(text),
            tokens: VecDeque::new(),
            taken: 0,
            indent: -1,
            indents: Vec::new(),
            keys: vec![PossibleKey::default()],
            key_allowed: true,
            ended: false,
        }
    }

    /// The next token, which stays where it is.
    pub fn peek(&mut self) -> Result<&Token<'t>, SyntaxError> {
        while self.needs_more()? {
            self.fetch()?;
        }
        match self.tokens.front() {
            Some(token) => Ok(token),
            None => error("the text has ended", self.cursor.mark),
        }
    }

    /// Takes the next token.
    pub fn next(&mut self) -> Result<Token<'t>, SyntaxError> {
        self.peek()?;
        self.taken += 1;
        match self.tokens.pop_front() {
            Some(token) => Ok(token),
            None => error("the text has ended", self.cursor.mark),
        }
    }

    pub(super) fn in_flow(&self) -> bool {
        self.keys.len() > 1
    }

    /// Whether there is no token, or the first may still become a key.
    fn needs_more(&self) -> Result<bool, SyntaxError> {
        if self.tokens.is_empty() {
            return Ok(!self.ended);
        }
        match self.keys.iter().find(|key| key.possible && key.token == self.taken) {
            Some(key) => self.still_possible(key),
            None => Ok(false),
        }
    }

    fn still_possible(&self, key: &PossibleKey) -> Result<bool, SyntaxError> {
        if !key.possible {
            return Ok(false);
        }
        let here = self.cursor.mark;
        let is_past = key.mark.line < here.line || key.mark.index + LONGEST_KEY < here.index;
        if is_past && key.required {
            return error("could not find expected ':'", key.mark);
        }
        Ok(!is_past)
    }

    /// Puts the next token (and those that it brings along) into the queue.
    fn fetch(&mut self) -> Result<(), SyntaxError> {
        self.skip_to_token();
        let column = self.column();
        self.unroll(column);
        let cursor = &self.cursor;
        if cursor.is_end() {
            return self.fetch_end();
        }
        if cursor.mark.column == 0 && cursor.byte() == b'%' {
            return self.fetch_directive();
        }
        if cursor.is_document_marker() {
            let kind = if cursor.byte() == b'-' { Kind::DocumentStart } else { Kind::DocumentEnd };
            return self.fetch_document_marker(kind);
        }
        let spaced = cursor.is_space_or_end(1);
        match cursor.byte() {
            b'[' => self.fetch_flow_start(Kind::FlowListStart),
            b'{' => self.fetch_flow_start(Kind::FlowMapStart),
            b']' => self.fetch_flow_end(Kind::FlowListEnd),
            b'}' => self.fetch_flow_end(Kind::FlowMapEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if spaced => self.fetch_block_entry(),
            b'?' if spaced || self.in_flow() => self.fetch_key(),
            b':' if spaced || self.in_flow() => self.fetch_value(),
            b'*' | b'&' => self.fetch_anchor(),
            b'!' => self.fetch_tag(),
            b'|' | b'>' if !self.in_flow() => self.fetch_block_scalar(),
            b'\'' | b'"' => self.fetch_quoted(),
            b'\t' => error("found a tab where a line is indented", self.cursor.mark),
            b'|' | b'>' | b'%' | b'@' | b'`' => error("found character that cannot start any token", self.cursor.mark),
            _ => self.fetch_plain(),
        }
    }

    fn column(&self) -> isize {
        isize::try_from(self.cursor.mark.column).unwrap_or(isize::MAX)
    }

    /// Passes over white space and comments.
    fn skip_to_token(&mut self) {
        loop {
            // A byte order mark stands at the beginning of a document (of a file that was put behind another).
            if self.cursor.mark.column == 0 && self.indent < 0 && self.cursor.byte() == 0xEF {
                self.cursor.skip_byte_order_mark();
            }
            // A tab is not indentation: it may not stand where a key may begin.
            let tabs = self.in_flow() || !self.key_allowed;
            while self.cursor.byte() == b' ' || (tabs && self.cursor.byte() == b'\t') {
                self.cursor.skip();
            }
            if self.cursor.byte() == b'#' {
                self.cursor.skip_line();
            }
            if !self.cursor.is_break() {
                return;
            }
            self.cursor.skip_break();
            if !self.in_flow() {
                self.key_allowed = true;
            }
        }
    }

    pub(super) fn push(&mut self, kind: Kind<'t>, start: Mark) {
        self.push_until(kind, start, self.cursor.mark);
    }

    pub(super) fn push_until(&mut self, kind: Kind<'t>, start: Mark, end: Mark) {
        self.tokens.push_back(Token { kind, start, end });
    }

    /// Adds a token of so many characters.
    fn push_here(&mut self, kind: Kind<'t>, length: usize) {
        let start = self.cursor.mark;
        self.cursor.skip_ascii(length);
        self.push(kind, start);
    }

    /// The token that is fetched next may be a key.
    pub(super) fn save_key(&mut self) -> Result<(), SyntaxError> {
        let required = !self.in_flow() && self.indent == self.column();
        if self.key_allowed {
            self.remove_key()?;
            let key =
                PossibleKey { possible: true, required, token: self.taken + self.tokens.len(), mark: self.cursor.mark };
            if let Some(last) = self.keys.last_mut() {
                *last = key;
            }
        }
        Ok(())
    }

    /// What could have been a key is none.
    pub(super) fn remove_key(&mut self) -> Result<(), SyntaxError> {
        match self.keys.last_mut() {
            Some(key) if key.possible && key.required => error("could not find expected ':'", key.mark),
            Some(key) => {
                key.possible = false;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Opens a block collection when this column is further right than the one at hand. `token` is the number of the
    /// token that it begins with; without one that is the next.
    fn roll(&mut self, column: isize, token: Option<usize>, kind: Kind<'t>, mark: Mark) {
        if self.in_flow() || self.indent >= column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = column;
        let place = token.map_or(self.tokens.len(), |token| token - self.taken);
        self.tokens.insert(place, Token { kind, start: mark, end: mark });
    }

    /// Closes the block collections that are further right than this column.
    fn unroll(&mut self, column: isize) {
        if self.in_flow() {
            return;
        }
        while self.indent > column {
            self.push(Kind::BlockEnd, self.cursor.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn fetch_end(&mut self) -> Result<(), SyntaxError> {
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        self.ended = true;
        self.push(Kind::StreamEnd, self.cursor.mark);
        // Nothing that is still open can become a key.
        self.cursor.mark.line += 1;
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), SyntaxError> {
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        self.scan_directive()
    }

    fn fetch_document_marker(&mut self, kind: Kind<'t>) -> Result<(), SyntaxError> {
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        self.push_here(kind, 3);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: Kind<'t>) -> Result<(), SyntaxError> {
        self.save_key()?;
        if self.keys.len() > DEEPEST_FLOW {
            return error(TOO_DEEP, self.cursor.mark);
        }
        self.keys.push(PossibleKey::default());
        self.key_allowed = true;
        self.push_here(kind, 1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: Kind<'t>) -> Result<(), SyntaxError> {
        self.remove_key()?;
        if self.in_flow() {
            self.keys.pop();
        }
        self.key_allowed = false;
        self.push_here(kind, 1);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), SyntaxError> {
        self.remove_key()?;
        self.key_allowed = true;
        self.push_here(Kind::FlowEntry, 1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), SyntaxError> {
        let mark = self.cursor.mark;
        if !self.in_flow() {
            if !self.key_allowed {
                return error("block sequence entries are not allowed in this context", mark);
            }
            self.roll(self.column(), None, Kind::BlockListStart, mark);
        }
        self.remove_key()?;
        self.key_allowed = true;
        self.push_here(Kind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), SyntaxError> {
        let mark = self.cursor.mark;
        if !self.in_flow() {
            if !self.key_allowed {
                return error("mapping keys are not allowed in this context", mark);
            }
            self.roll(self.column(), None, Kind::BlockMapStart, mark);
        }
        self.remove_key()?;
        self.key_allowed = !self.in_flow();
        self.push_here(Kind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), SyntaxError> {
        let key = self.keys.last().copied().unwrap_or_default();
        if self.still_possible(&key)? {
            let place = key.token - self.taken;
            self.tokens.insert(place, Token { kind: Kind::Key, start: key.mark, end: key.mark });
            let column = isize::try_from(key.mark.column).unwrap_or(isize::MAX);
            self.roll(column, Some(key.token), Kind::BlockMapStart, key.mark);
            if let Some(key) = self.keys.last_mut() {
                key.possible = false;
            }
            self.key_allowed = false;
        } else {
            let mark = self.cursor.mark;
            if !self.in_flow() {
                if !self.key_allowed {
                    return error("mapping values are not allowed in this context", mark);
                }
                self.roll(self.column(), None, Kind::BlockMapStart, mark);
            }
            self.key_allowed = !self.in_flow();
        }
        self.push_here(Kind::Value, 1);
        Ok(())
    }

    fn fetch_anchor(&mut self) -> Result<(), SyntaxError> {
        self.save_key()?;
        self.key_allowed = false;
        self.scan_anchor()
    }

    fn fetch_tag(&mut self) -> Result<(), SyntaxError> {
        self.save_key()?;
        self.key_allowed = false;
        self.scan_tag()
    }

    fn fetch_block_scalar(&mut self) -> Result<(), SyntaxError> {
        self.remove_key()?;
        self.key_allowed = true;
        self.scan_block_scalar()
    }

    fn fetch_quoted(&mut self) -> Result<(), SyntaxError> {
        self.save_key()?;
        self.key_allowed = false;
        self.scan_quoted()
    }

    fn fetch_plain(&mut self) -> Result<(), SyntaxError> {
        self.save_key()?;
        self.key_allowed = false;
        self.scan_plain()
    }
}
