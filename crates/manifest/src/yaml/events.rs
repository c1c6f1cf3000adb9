//! From tokens to events: where values begin and end. The grammar is that of libyaml.

use std::borrow::Cow;

use super::cursor::Mark;
use super::scanner::Scanner;
use super::token::{Kind, Style, SyntaxError, Token, error};

/// What happens in a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event<'t> {
    DocumentStart,
    DocumentEnd,
    Alias(&'t str),
    Scalar { text: Cow<'t, str>, style: Style, anchor: Option<&'t str>, tag: Option<String> },
    ListStart(Option<&'t str>),
    MapStart(Option<&'t str>),
    ListEnd,
    MapEnd,
}

/// From where to where an event reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub start: Mark,
    pub end: Mark,
}

/// What is expected next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A document, which needs no `---` when it is the first.
    Document {
        first: bool,
    },
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockListEntry,
    /// An entry of a list that stands at the column of its key.
    FlatListEntry,
    BlockMapKey,
    BlockMapValue,
    FlowListEntry {
        first: bool,
    },
    /// In a flow list a `key: value` is a mapping of its own.
    PairKey,
    PairValue,
    PairEnd,
    FlowMapKey {
        first: bool,
    },
    FlowMapValue,
    FlowMapNoValue,
    End,
}

/// Where a node may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NodeContext {
    Flow,
    Block,
    /// In a mapping, where the dashes of a list need not be further right than the key.
    MapValue,
}

/// Gives the events of a text, one after the other.
pub(super) struct Parser<'t> {
    scanner: Scanner<'t>,
    state: State,
    /// What is expected after the value at hand.
    states: Vec<State>,
    /// The tag handles that the document declares.
    handles: Vec<(&'t str, String)>,
}

type Parsed<'t> = Result<(Event<'t>, Span), SyntaxError>;

impl<'t> Parser<'t> {
    /// For the events of `text`.
    pub fn new(text: &'t str) -> Self {
        Self {
            scanner: Scanner::new(text),
            state: State::Document { first: true },
            states: Vec::new(),
            handles: Vec::new(),
        }
    }

    /// The next event; `None` at the end.
    pub fn next_event(&mut self) -> Option<Parsed<'t>> {
        if self.state == State::End {
            return None;
        }
        let event = self.step().transpose();
        if !matches!(event, Some(Ok(_))) {
            self.state = State::End;
        }
        event
    }

    fn step(&mut self) -> Result<Option<(Event<'t>, Span)>, SyntaxError> {
        let event = match self.state {
            State::Document { first } => return self.document(first),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(NodeContext::Block),
            State::BlockListEntry => self.block_list_entry(),
            State::FlatListEntry => self.flat_list_entry(),
            State::BlockMapKey => self.block_map_key(),
            State::BlockMapValue => self.block_map_value(),
            State::FlowListEntry { first } => self.flow_list_entry(first),
            State::PairKey => self.pair_key(),
            State::PairValue => self.pair_value(),
            State::PairEnd => self.pair_end(),
            State::FlowMapKey { first } => self.flow_map_key(first),
            State::FlowMapValue => self.flow_map_value(),
            State::FlowMapNoValue => {
                let mark = self.scanner.peek()?.start;
                self.empty(State::FlowMapKey { first: false }, mark)
            }
            State::End => return Ok(None),
        };
        event.map(Some)
    }

    fn kind(&mut self) -> Result<&Kind<'t>, SyntaxError> {
        Ok(&self.scanner.peek()?.kind)
    }

    fn take(&mut self) -> Result<Span, SyntaxError> {
        let Token { start, end, .. } = self.scanner.next()?;
        Ok(Span { start, end })
    }

    /// Goes back to what was expected around the value at hand.
    fn pop(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    /// A value that is not written.
    #[allow(clippy::unnecessary_wraps)] // all that parse give the same
    fn empty(&mut self, next: State, mark: Mark) -> Parsed<'t> {
        self.state = next;
        let event = Event::Scalar { text: Cow::Borrowed(""), style: Style::Plain, anchor: None, tag: None };
        Ok((event, Span { start: mark, end: mark }))
    }

    /// A node, and after it `next`.
    fn node_then(&mut self, place: NodeContext, next: State) -> Parsed<'t> {
        self.states.push(next);
        self.node(place)
    }

    fn document(&mut self, first: bool) -> Result<Option<(Event<'t>, Span)>, SyntaxError> {
        while !first && *self.kind()? == Kind::DocumentEnd {
            self.take()?;
        }
        let mark = self.scanner.peek()?.start;
        let here = Span { start: mark, end: mark };
        self.handles.clear();
        match self.kind()? {
            Kind::StreamEnd => return Ok(None),
            Kind::DocumentStart | Kind::Version | Kind::TagDirective(..) => {}
            _ if first => {
                self.states.push(State::DocumentEnd);
                self.state = State::BlockNode;
                return Ok(Some((Event::DocumentStart, here)));
            }
            _ => {}
        }
        self.directives()?;
        if *self.kind()? != Kind::DocumentStart {
            return error("did not find expected <document start>", self.scanner.peek()?.start);
        }
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        let marker = self.take()?;
        Ok(Some((Event::DocumentStart, Span { start: mark, end: marker.end })))
    }

    fn directives(&mut self) -> Result<(), SyntaxError> {
        let mut version = false;
        while let Kind::Version | Kind::TagDirective(..) = self.kind()? {
            let Token { kind, start, .. } = self.scanner.next()?;
            match kind {
                Kind::TagDirective(handle, _) if self.handles.iter().any(|(known, _)| *known == handle) => {
                    return error("found duplicate %TAG directive", start);
                }
                Kind::TagDirective(handle, prefix) => self.handles.push((handle, prefix)),
                _ if version => return error("found duplicate %YAML directive", start),
                _ => version = true,
            }
        }
        Ok(())
    }

    fn document_content(&mut self) -> Parsed<'t> {
        match self.kind()? {
            Kind::Version | Kind::TagDirective(..) | Kind::DocumentStart | Kind::DocumentEnd | Kind::StreamEnd => {
                let mark = self.scanner.peek()?.start;
                let next = self.states.pop().unwrap_or(State::End);
                self.empty(next, mark)
            }
            _ => self.node(NodeContext::Block),
        }
    }

    fn document_end(&mut self) -> Parsed<'t> {
        let mark = self.scanner.peek()?.start;
        let mut span = Span { start: mark, end: mark };
        if *self.kind()? == Kind::DocumentEnd {
            span = self.take()?;
        }
        self.state = State::Document { first: false };
        Ok((Event::DocumentEnd, span))
    }

    fn node(&mut self, place: NodeContext) -> Parsed<'t> {
        let start = self.scanner.peek()?.start;
        if let Kind::Alias(name) = *self.kind()? {
            self.pop();
            return Ok((Event::Alias(name), self.take()?));
        }
        let mut end = start;
        let mut anchor = None;
        let mut tag = None;
        for _ in 0..2 {
            match self.kind()? {
                Kind::Anchor(_) if anchor.is_none() => {}
                Kind::Tag(..) if tag.is_none() => {}
                _ => break,
            }
            let token = self.scanner.next()?;
            end = token.end;
            match token.kind {
                Kind::Anchor(name) => anchor = Some(name),
                Kind::Tag(handle, suffix) => tag = Some(self.full_tag(handle, suffix, token.start)?),
                _ => {}
            }
        }
        let next = self.scanner.peek()?;
        let (here, until) = (next.start, next.end);
        let span = Span { start, end: until };
        match &next.kind {
            Kind::BlockEntry if place == NodeContext::MapValue => {
                self.state = State::FlatListEntry;
                Ok((Event::ListStart(anchor), span))
            }
            Kind::Scalar(..) => {
                self.pop();
                let Kind::Scalar(text, style) = self.scanner.next()?.kind else {
                    return error("did not find expected node content", here);
                };
                Ok((Event::Scalar { text, style, anchor, tag }, span))
            }
            Kind::FlowListStart => {
                self.state = State::FlowListEntry { first: true };
                self.take()?;
                Ok((Event::ListStart(anchor), span))
            }
            Kind::FlowMapStart => {
                self.state = State::FlowMapKey { first: true };
                self.take()?;
                Ok((Event::MapStart(anchor), span))
            }
            Kind::BlockListStart if place != NodeContext::Flow => {
                self.state = State::BlockListEntry;
                self.take()?;
                Ok((Event::ListStart(anchor), span))
            }
            Kind::BlockMapStart if place != NodeContext::Flow => {
                self.state = State::BlockMapKey;
                self.take()?;
                Ok((Event::MapStart(anchor), span))
            }
            _ if anchor.is_some() || tag.is_some() => {
                self.pop();
                let text = Cow::Borrowed("");
                Ok((Event::Scalar { text, style: Style::Plain, anchor, tag }, Span { start, end }))
            }
            _ => error("did not find expected node content", here),
        }
    }

    fn full_tag(&self, handle: &str, suffix: String, at: Mark) -> Result<String, SyntaxError> {
        if handle.is_empty() {
            return Ok(suffix);
        }
        let known = self.handles.iter().find(|(known, _)| *known == handle).map(|(_, prefix)| prefix.as_str());
        match known.or(match handle {
            "!" => Some("!"),
            "!!" => Some(CORE),
            _ => None,
        }) {
            Some(prefix) => Ok(format!("{prefix}{suffix}")),
            None => error("found undefined tag handle", at),
        }
    }

    fn block_list_entry(&mut self) -> Parsed<'t> {
        match self.kind()? {
            Kind::BlockEntry => {
                let dash = self.take()?;
                match self.kind()? {
                    Kind::BlockEntry | Kind::BlockEnd => self.empty(State::BlockListEntry, dash.end),
                    _ => self.node_then(NodeContext::Block, State::BlockListEntry),
                }
            }
            Kind::BlockEnd => {
                self.pop();
                Ok((Event::ListEnd, self.take()?))
            }
            _ => error("did not find expected '-' indicator", self.scanner.peek()?.start),
        }
    }

    fn flat_list_entry(&mut self) -> Parsed<'t> {
        if *self.kind()? == Kind::BlockEntry {
            let dash = self.take()?;
            return match self.kind()? {
                Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd => {
                    self.empty(State::FlatListEntry, dash.end)
                }
                _ => self.node_then(NodeContext::Block, State::FlatListEntry),
            };
        }
        let mark = self.scanner.peek()?.start;
        self.pop();
        Ok((Event::ListEnd, Span { start: mark, end: mark }))
    }

    fn block_map_key(&mut self) -> Parsed<'t> {
        match self.kind()? {
            Kind::Key => {
                let key = self.take()?;
                match self.kind()? {
                    Kind::Key | Kind::Value | Kind::BlockEnd => self.empty(State::BlockMapValue, key.end),
                    _ => self.node_then(NodeContext::MapValue, State::BlockMapValue),
                }
            }
            Kind::BlockEnd => {
                self.pop();
                Ok((Event::MapEnd, self.take()?))
            }
            _ => error("did not find expected key", self.scanner.peek()?.start),
        }
    }

    fn block_map_value(&mut self) -> Parsed<'t> {
        if *self.kind()? != Kind::Value {
            let mark = self.scanner.peek()?.start;
            return self.empty(State::BlockMapKey, mark);
        }
        let colon = self.take()?;
        match self.kind()? {
            Kind::Key | Kind::Value | Kind::BlockEnd => self.empty(State::BlockMapKey, colon.end),
            _ => self.node_then(NodeContext::MapValue, State::BlockMapKey),
        }
    }

    fn flow_list_entry(&mut self, first: bool) -> Parsed<'t> {
        if !first && *self.kind()? != Kind::FlowListEnd {
            if *self.kind()? != Kind::FlowEntry {
                return error("did not find expected ',' or ']'", self.scanner.peek()?.start);
            }
            self.take()?;
        }
        match self.kind()? {
            Kind::FlowListEnd => {
                self.pop();
                Ok((Event::ListEnd, self.take()?))
            }
            Kind::Key => {
                self.state = State::PairKey;
                Ok((Event::MapStart(None), self.take()?))
            }
            _ => self.node_then(NodeContext::Flow, State::FlowListEntry { first: false }),
        }
    }

    fn pair_key(&mut self) -> Parsed<'t> {
        match self.kind()? {
            // As in libyaml, the token is lost.
            Kind::Value | Kind::FlowEntry | Kind::FlowListEnd => {
                let mark = self.take()?.end;
                self.empty(State::PairValue, mark)
            }
            _ => self.node_then(NodeContext::Flow, State::PairValue),
        }
    }

    fn pair_value(&mut self) -> Parsed<'t> {
        if *self.kind()? == Kind::Value {
            self.take()?;
            if !matches!(self.kind()?, Kind::FlowEntry | Kind::FlowListEnd) {
                return self.node_then(NodeContext::Flow, State::PairEnd);
            }
        }
        let mark = self.scanner.peek()?.start;
        self.empty(State::PairEnd, mark)
    }

    fn pair_end(&mut self) -> Parsed<'t> {
        let mark = self.scanner.peek()?.start;
        self.state = State::FlowListEntry { first: false };
        Ok((Event::MapEnd, Span { start: mark, end: mark }))
    }

    fn flow_map_key(&mut self, first: bool) -> Parsed<'t> {
        if !first && *self.kind()? != Kind::FlowMapEnd {
            if *self.kind()? != Kind::FlowEntry {
                return error("did not find expected ',' or '}'", self.scanner.peek()?.start);
            }
            self.take()?;
        }
        match self.kind()? {
            Kind::FlowMapEnd => {
                self.pop();
                Ok((Event::MapEnd, self.take()?))
            }
            Kind::Key => {
                self.take()?;
                match self.kind()? {
                    Kind::Value | Kind::FlowEntry | Kind::FlowMapEnd => {
                        let mark = self.scanner.peek()?.start;
                        self.empty(State::FlowMapValue, mark)
                    }
                    _ => self.node_then(NodeContext::Flow, State::FlowMapValue),
                }
            }
            _ => self.node_then(NodeContext::Flow, State::FlowMapNoValue),
        }
    }

    fn flow_map_value(&mut self) -> Parsed<'t> {
        if *self.kind()? == Kind::Value {
            self.take()?;
            if !matches!(self.kind()?, Kind::FlowEntry | Kind::FlowMapEnd) {
                return self.node_then(NodeContext::Flow, State::FlowMapKey { first: false });
            }
        }
        let mark = self.scanner.peek()?.start;
        self.empty(State::FlowMapKey { first: false }, mark)
    }
}

/// What `!!` stands for.
pub(super) const CORE: &str = "tag:yaml.org,2002:";
