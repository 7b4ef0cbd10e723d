//! The text of a narrative at any of its edits. format §3.3.
//!
//! One sequence holds the letters of all edits in the order of their names, which no later edit changes. To read it as it was at
//! other edits, the letters of those that differ are shown or hidden. So an edit on several heads costs its distance from the
//! one before it, however many heads there are, and never a text made anew.

use std::collections::{BTreeMap, BTreeSet};

use crate::breakage::{self, Breakage};

use super::operations::Splice;

/// The text, as it is at some edits and all behind them. Edits are numbered as they are made.
#[derive(Debug)]
pub(super) struct Text<'a> {
    made: Vec<Made<'a>>,
    blocks: Vec<Block>,
    /// The blocks from the beginning of the text to its end.
    order: Vec<usize>,
    /// In which block a piece stands, by its edit and first counter.
    homes: BTreeMap<(usize, u64), usize>,
    /// The edits at which the text is read, and all of them with those behind.
    heads: Vec<usize>,
    here: Vec<usize>,
    /// How many letters are visible there.
    length: u64,
    round: u64,
}

/// The operation of this place in an edit reaches past the end of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PastEnd(pub(super) usize);

#[derive(Debug)]
struct Made<'a> {
    /// Decides between letters of one counter.
    actor: [u8; 32],
    after: Vec<usize>,
    /// The highest counter of it and of all behind it.
    counter: u64,
    inserted: Vec<Inserted<'a>>,
    deleted: Vec<Span>,
    is_here: bool,
    /// The last round in which it was found behind something.
    round: u64,
}

#[derive(Debug, Clone, Copy)]
struct Inserted<'a> {
    first: u64,
    letters: u64,
    text: &'a str,
}

/// Letters of one edit with counters in a row.
#[derive(Debug, Clone, Copy)]
struct Span {
    edit: usize,
    first: u64,
    letters: u64,
}

/// A span of letters each behind the one before, in which nothing else stands.
#[derive(Debug, Clone, Copy)]
struct Piece {
    span: Span,
    /// True if its edit is among those at which the text is read.
    is_here: bool,
    /// How many of those delete it.
    deleted: u32,
}

/// Pieces in a row, few enough to be searched one by one.
#[derive(Debug, Default)]
struct Block {
    pieces: Vec<Piece>,
    length: u64,
}

/// More pieces are divided into two blocks.
const BLOCK: usize = 128;

/// A place between pieces: before one of a block, or behind its last.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    slot: usize,
    piece: usize,
}

impl Piece {
    const fn length(&self) -> u64 {
        if self.is_here && self.deleted == 0 { self.span.letters } else { 0 }
    }
}

impl<'a> Text<'a> {
    pub(super) fn new() -> Self {
        Self {
            made: Vec::new(),
            blocks: vec![Block::default()],
            order: vec![0],
            homes: BTreeMap::new(),
            heads: Vec::new(),
            here: Vec::new(),
            length: 0,
            round: 0,
        }
    }

    /// Makes an edit on exactly the edits that it names and all behind them, and returns its number.
    pub(super) fn edit(&mut self, after: &[usize], actor: [u8; 32], splices: &'a [Splice]) -> Result<usize, PastEnd> {
        self.go_to(after);
        let checked = check_positions(self.length, splices);
        if breakage::is_out(Breakage::HostileOperations) {
            checked.expect("positions were checked");
        } else {
            checked?;
        }
        // The one that begins the text uses up a counter for it.
        let before = after.iter().filter_map(|number| self.made.get(*number)).map(|made| made.counter);
        let mut counter = before.max().unwrap_or(1);
        let number = self.made.len();
        self.made.push(Made {
            actor,
            after: after.to_vec(),
            counter,
            inserted: Vec::new(),
            deleted: Vec::new(),
            is_here: true,
            round: self.round,
        });
        for splice in splices {
            counter = self.splice(number, counter, splice);
        }
        if let Some(made) = self.made.get_mut(number) {
            made.counter = counter;
        }
        self.here.push(number);
        self.heads = vec![number];
        Ok(number)
    }

    /// The text of all edits; `None` if there is none.
    pub(super) fn whole(mut self) -> Option<String> {
        let all: Vec<usize> = (0..self.made.len()).collect();
        self.go_to(&all);
        let mut text = String::new();
        let mut letters: BTreeMap<(usize, u64), Vec<char>> = BTreeMap::new();
        let pieces = self.order.iter().filter_map(|block| self.blocks.get(*block)).flat_map(|block| &block.pieces);
        for piece in pieces.filter(|piece| piece.length() > 0) {
            let Some(inserted) = self.inserted(piece.span) else { continue };
            let key = (piece.span.edit, inserted.first);
            let letters = letters.entry(key).or_insert_with(|| inserted.text.chars().collect());
            let skipped = size(piece.span.first.saturating_sub(inserted.first));
            text.extend(letters.iter().skip(skipped).take(size(piece.span.letters)));
        }
        (!self.made.is_empty()).then_some(text)
    }

    /// The operation that inserted a piece.
    fn inserted(&self, span: Span) -> Option<&Inserted<'a>> {
        let inserted = &self.made.get(span.edit)?.inserted;
        let later = inserted.partition_point(|inserted| inserted.first <= span.first);
        inserted.get(later.checked_sub(1)?)
    }

    /// Reads the text at these edits and all behind them.
    fn go_to(&mut self, heads: &[usize]) {
        if self.heads == heads {
            return;
        }
        let target = self.behind(heads);
        let leaving: Vec<usize> = self.here.iter().copied().filter(|number| !self.is_marked(*number)).collect();
        leaving.into_iter().for_each(|number| self.show(number, false));
        target.iter().for_each(|number| self.show(*number, true));
        self.here = target;
        self.heads = heads.to_vec();
    }

    /// These edits and all behind them; marks each.
    fn behind(&mut self, heads: &[usize]) -> Vec<usize> {
        self.round = self.round.saturating_add(1);
        let (mut found, mut rest) = (Vec::new(), heads.to_vec());
        while let Some(number) = rest.pop() {
            let Some(made) = self.made.get_mut(number).filter(|made| made.round != self.round) else { continue };
            made.round = self.round;
            found.push(number);
            rest.extend(&made.after);
        }
        found
    }

    fn is_marked(&self, number: usize) -> bool {
        self.made.get(number).is_some_and(|made| made.round == self.round)
    }

    /// Shows or hides what an edit inserted, and takes away or gives back what it deleted.
    fn show(&mut self, number: usize, is_here: bool) {
        let Some(made) = self.made.get_mut(number).filter(|made| made.is_here != is_here) else { return };
        made.is_here = is_here;
        let (inserted, deleted) = (std::mem::take(&mut made.inserted), std::mem::take(&mut made.deleted));
        for Inserted { first, letters, .. } in &inserted {
            let span = Span { edit: number, first: *first, letters: *letters };
            self.change(span, |piece| piece.is_here = is_here);
        }
        for span in &deleted {
            self.change(*span, |piece| piece.delete(is_here));
        }
        if let Some(made) = self.made.get_mut(number) {
            (made.inserted, made.deleted) = (inserted, deleted);
        }
    }

    /// Changes all pieces of a span, whose ends are ends of pieces.
    fn change(&mut self, span: Span, change: impl Fn(&mut Piece)) {
        let within = (span.edit, span.first)..(span.edit, span.first.saturating_add(span.letters));
        for ((edit, first), block) in self.homes.range(within) {
            let Some(block) = self.blocks.get_mut(*block) else { continue };
            let is_it = |piece: &&mut Piece| piece.span.edit == *edit && piece.span.first == *first;
            let Some(piece) = block.pieces.iter_mut().find(is_it) else { continue };
            let before = piece.length();
            change(piece);
            let after = piece.length();
            block.length = block.length.saturating_sub(before).saturating_add(after);
            self.length = self.length.saturating_sub(before).saturating_add(after);
        }
    }

    /// Runs one operation, and returns the highest counter that it used.
    fn splice(&mut self, number: usize, counter: u64, splice: &'a Splice) -> u64 {
        let letters = u64::try_from(splice.insert.chars().count()).unwrap_or(u64::MAX);
        let mut cursor = self.behind_letter(splice.at);
        let start = cursor.slot;
        if letters > 0 {
            let first = counter.saturating_add(1);
            cursor = self.pass(cursor, (number, first));
            self.insert(cursor, Piece { span: Span { edit: number, first, letters }, is_here: true, deleted: 0 });
            cursor.piece = cursor.piece.saturating_add(1);
            if let Some(made) = self.made.get_mut(number) {
                made.inserted.push(Inserted { first, letters, text: &splice.insert });
            }
        }
        let end = self.delete(number, cursor, splice.delete);
        // The later ones first: a block that is divided moves those behind it.
        BTreeSet::from([start, cursor.slot, end.slot]).into_iter().rev().for_each(|slot| self.divide(slot));
        counter.saturating_add(letters).saturating_add(splice.delete)
    }

    /// The place behind as many visible letters.
    fn behind_letter(&mut self, letters: u64) -> Cursor {
        let mut left = letters;
        let mut found = Cursor { slot: 0, piece: 0 };
        for (slot, block) in self.order.iter().enumerate() {
            let Some(block) = self.blocks.get(*block).filter(|_| left > 0) else { break };
            found = Cursor { slot, piece: block.pieces.len() };
            if block.length < left {
                left = left.saturating_sub(block.length);
                continue;
            }
            for (place, piece) in block.pieces.iter().enumerate() {
                found.piece = place;
                if piece.length() >= left {
                    break;
                }
                left = left.saturating_sub(piece.length());
            }
            break;
        }
        if letters > 0 {
            self.split(found, left);
            found.piece = found.piece.saturating_add(1);
        }
        found
    }

    /// Divides the piece behind a place after some letters, if it has more.
    fn split(&mut self, at: Cursor, letters: u64) {
        let Some((block, piece)) = self.piece(at) else { return };
        let Span { edit, first, letters: all } = piece.span;
        if all <= letters {
            return;
        }
        let rest = Span { edit, first: first.saturating_add(letters), letters: all.saturating_sub(letters) };
        self.homes.insert((edit, rest.first), block);
        let Some(block) = self.blocks.get_mut(block) else { return };
        if let Some(piece) = block.pieces.get_mut(at.piece) {
            piece.span.letters = letters;
        }
        block.pieces.insert(at.piece.saturating_add(1), Piece { span: rest, ..piece });
    }

    fn piece(&self, at: Cursor) -> Option<(usize, Piece)> {
        let block = *self.order.get(at.slot)?;
        Some((block, *self.blocks.get(block)?.pieces.get(at.piece)?))
    }

    /// Goes on behind all letters of higher names: each stands behind the same letter, or behind one that does.
    fn pass(&self, from: Cursor, (number, counter): (usize, u64)) -> Cursor {
        let actor = |edit: usize| self.made.get(edit).map(|made| &made.actor);
        let name = (counter, actor(number));
        let mut at = from;
        loop {
            match self.piece(at) {
                Some((_, Piece { span, .. })) if (span.first, actor(span.edit)) > name => {
                    at.piece = at.piece.saturating_add(1);
                }
                None if at.slot.saturating_add(1) < self.order.len() => {
                    at = Cursor { slot: at.slot.saturating_add(1), piece: 0 };
                }
                Some(_) | None => return at,
            }
        }
    }

    fn insert(&mut self, at: Cursor, piece: Piece) {
        let Some(home) = self.order.get(at.slot).copied() else { return };
        let Some(block) = self.blocks.get_mut(home) else { return };
        block.pieces.insert(at.piece.min(block.pieces.len()), piece);
        block.length = block.length.saturating_add(piece.length());
        self.length = self.length.saturating_add(piece.length());
        self.homes.insert((piece.span.edit, piece.span.first), home);
    }

    /// Deletes visible letters behind a place, and returns where that ends.
    fn delete(&mut self, number: usize, from: Cursor, letters: u64) -> Cursor {
        let (mut at, mut left) = (from, letters);
        while left > 0 {
            let Some((_, piece)) = self.piece(at) else {
                if at.slot.saturating_add(1) >= self.order.len() {
                    break;
                }
                at = Cursor { slot: at.slot.saturating_add(1), piece: 0 };
                continue;
            };
            if piece.length() > left {
                self.split(at, left);
                continue;
            }
            if piece.length() > 0 {
                left = left.saturating_sub(piece.length());
                self.change(piece.span, |piece| piece.delete(true));
                if let Some(made) = self.made.get_mut(number) {
                    made.deleted.push(piece.span);
                }
            }
            at.piece = at.piece.saturating_add(1);
        }
        at
    }

    fn divide(&mut self, slot: usize) {
        let Some(block) = self.order.get(slot).and_then(|block| self.blocks.get_mut(*block)) else { return };
        if block.pieces.len() <= BLOCK {
            return;
        }
        let pieces = block.pieces.split_off(BLOCK / 2);
        let length = pieces.iter().map(Piece::length).fold(0, u64::saturating_add);
        block.length = block.length.saturating_sub(length);
        let new = self.blocks.len();
        self.homes.extend(pieces.iter().map(|piece| ((piece.span.edit, piece.span.first), new)));
        self.blocks.push(Block { pieces, length });
        self.order.insert(slot.saturating_add(1), new);
    }
}

impl Piece {
    const fn delete(&mut self, is_deleted: bool) {
        self.deleted = if is_deleted { self.deleted.saturating_add(1) } else { self.deleted.saturating_sub(1) };
    }
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Checks each splice against the length that the one before leaves, before anything is run.
fn check_positions(length: u64, splices: &[Splice]) -> Result<(), PastEnd> {
    let mut length = length;
    for (index, splice) in splices.iter().enumerate() {
        let end = splice.at.checked_add(splice.delete).filter(|end| *end <= length);
        end.ok_or(PastEnd(index))?;
        let inserted = u64::try_from(splice.insert.chars().count()).unwrap_or(u64::MAX);
        length = length.saturating_sub(splice.delete).saturating_add(inserted);
    }
    Ok(())
}
