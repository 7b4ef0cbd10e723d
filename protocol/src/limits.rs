//! Every bound, each with the reason for its number. Limits of format are constants: no charter moves them.

/// Depth of canonical JSON, the outermost value being 1: enough for a payload's claims, and no stack can overflow.
pub const JSON_DEPTH: usize = 8;

/// Bytes of a payload, without its salt: a page of text with room to spare, and small enough to parse at once.
pub const PAYLOAD_BYTES: u64 = 65_536;

/// Operations in one payload: an import of one record fits; a bomb does not.
pub const OPERATIONS: usize = 256;

/// Entries an edit may name as those it was made on: more heads than colleagues have hands.
pub const EDIT_AFTER: usize = 16;

/// Edits that may stand behind one edit: Automerge's cost for each grows with their number (GROUND: 320 µs at 3,000).
pub const NARRATIVE_EDITS: usize = 4_096;

/// The highest generation of a sheet; above it an entry is inert.
pub const GENERATION: u32 = 65_535;

/// Bytes of an act's body: a charter of some hundred organisations with cuts for all their logs.
pub const ACT_BODY_BYTES: u32 = 1_048_576;

/// Signatures on one act: several root keys of some hundred organisations.
pub const ACT_SIGNATURES: usize = 1_024;

/// Acts that wait for others they follow: a founding of some hundred organisations in any order, with room to spare.
pub const ACTS_WAITING: usize = 1_024;

/// Bytes of all acts that wait: a stranger's choice, held in memory.
pub const ACTS_WAITING_BYTES: usize = 67_108_864;

/// Acts in one file: all that some hundred organisations make in decades.
pub const ACTS_IN_FILE: usize = 65_536;
