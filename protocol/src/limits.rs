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

/// Lines of one attestation: with the bytes of a payload, what a busy minute of a consortium changes.
pub const ATTESTATION_LINES: usize = 400;

/// Bytes of a node's address: the longest name of the domain name system (RFC 1035) with protocols and port around it.
pub const ADDRESS_BYTES: usize = 320;

/// Milliseconds from something new to the attestation that names it: within a minute even where its signature is checked late,
/// and long enough that a busy minute costs each organisation two or three headers.
pub const ATTEST_AFTER_MS: u64 = 30_000;

/// Seconds that an owner may choose between something new and the attestation that names it: for a day everyone waits for a word that a
/// charter needs. Beyond that a node would better not attest.
pub const ATTEST_AFTER_MOST_S: u64 = 86_400;

/// Attestations of one space that are made in one step: with the bytes of a payload each, less than the mark holds at one time.
/// What is still to be said is said in the next.
pub const ATTESTATIONS_AT_ONCE: usize = 32;

/// Proofs that one organisation acknowledged two rivals, told of one halt: one is enough, and who acknowledges a thousand
/// has half a million of them.
pub const DOUBLE_PROOFS: usize = 64;

/// Acts of one place that one organisation signed and that are compared each two, to see whether it signed two apart. An honest
/// one has signed a handful, each instead of all before it.
pub const DRAFTS_COMPARED: usize = 64;
/// Days after which words of others are old, unless the charter says otherwise: where people work, somebody writes in a week.
pub const FRESH_DAYS: u32 = 7;

/// The highest generation of a sheet; above it an entry is inert.
pub const GENERATION: u32 = 65_535;

/// Bytes of an act's body: a charter of some hundred organisations with cuts for all their logs.
pub const ACT_BODY_BYTES: u32 = 1_048_576;

/// Root keys of an organisation, and as many commitments to the next: more than the signatures of an act let sign for each of some
/// hundred organisations. A body has room for fifteen thousand, and to look at that many takes every reader a second.
pub const ROOT_KEYS: usize = 256;

/// Bytes of a text in an act: the longest names of bodies have some hundred, and each list of members shows them whole.
pub const ACT_TEXT_BYTES: usize = 1_024;

/// Names of an organisation, each in a language of its own: more than the official ones of any body of states.
pub const ACT_NAMES: usize = 32;

/// Limits, and as many policies, of one charter: a handful is known, and whoever signs reads all of them.
pub const ACT_SETTINGS: usize = 64;

/// Signatures on one act: several root keys of some hundred organisations.
pub const ACT_SIGNATURES: usize = 1_024;

/// Bytes of one frame between two replicas: an act of full size with all its signatures.
pub const FRAME_BYTES: usize = 1_310_720;

/// Bytes of entries in one run frame, before compression: two entries of full size, and an inflated frame stays small.
pub const RUN_BYTES: usize = 262_144;

/// Bytes of run frames that may be under way in one direction of a session: some milliseconds of a fast network, so that
/// a receiver which waits for its disk does not stop its sender.
pub const CREDIT_BYTES: u32 = 4_194_304;

/// Logs that have a number at one time in one direction of a session; a further one takes the oldest number.
pub const SESSION_LOGS: u32 = 16_384;

/// Items in one part of a state: the part stays below the bound of a frame.
pub const STATE_ITEMS: usize = 16_384;

/// Positions of one log whose payload is missing: beyond it headers wait at the peer until some of these have come. Of one log,
/// not of all, so that every replica stops at the same entry, and no author fills the room of another.
pub const WANTED: usize = 4_096;

/// Branches of closed logs that a session remembers of one peer: forks are few, and the peer names the others in the next.
pub const PEER_BRANCHES: usize = 4_096;

/// Branches of one log of attestations that are taken: who forks his own words more often is known for it by then.
pub const LOG_BRANCHES: usize = 64;

/// Headers that one peer may ask for in a session, each a read: to find where some hundred forked logs part, each by halving.
pub const PROBES: u32 = 8_192;

/// Entries read in vain, for payloads that a peer wants and nobody has, before what else is due goes first: a peer that makes up
/// such wishes has a disk read for each.
pub const MISSES: usize = 64;

/// Positions whose payload one peer lacks that a session remembers; the peer names the others again in the next.
pub const PEER_WANTED: usize = 65_536;

/// Entries that may be shown on a later signature at one time; beyond it their signatures are checked first.
pub const UNCHECKED_ENTRIES: u64 = 1_000_000;

/// Milliseconds in which a peer that offered entries must send some, before another is asked.
pub const ANSWER_MS: u64 = 30_000;

/// Milliseconds after which another peer is asked for a log, however steadily the first one sends: ten times what a slow line
/// needs for the largest entry, and short enough that one peer alone keeps nobody from a log.
pub const SLOW_MS: u64 = 300_000;

/// Milliseconds after which signatures are checked though peers that were asked for more may still send: longer than a
/// catch-up of some hundred thousand entries takes, shorter than a person waits for what a colleague wrote.
pub const CHECK_WAIT_MS: u64 = 5_000;

/// Entries whose signatures are checked in one go: a fifth of a second on one core.
pub const CHECK_ENTRIES: u64 = 4_096;

/// Entries that one peer is asked for at one time, or those of one log: what is left is there for others that offer it too.
pub const OWED_ENTRIES: u64 = 65_536;

/// Logs asked of one peer at one time: the frame that asks stays small.
pub const WISHES: usize = 4_096;

/// Entries of one log that are pushed unasked: more are named, and the peer asks for them when it can.
pub const PUSH_ENTRIES: u64 = 1_024;

/// Logs, and acts, that a replica remembers one peer to hold: some thousand keys in some ten spaces.
pub const PEER_LOGS: usize = 65_536;

/// Bytes of a foreign JSON file (an import, a draft): the largest public list of sanctions in use is a few tens of MiB.
pub const FOREIGN_BYTES: usize = 64 * 1_048_576;

/// Depth of foreign JSON, the outermost value being 1: formats in use stay below 12, and no stack can overflow.
pub const FOREIGN_DEPTH: usize = 64;

/// Values in one foreign JSON file: each takes up to a hundred bytes of memory however few it takes in the file.
pub const FOREIGN_VALUES: usize = 4_194_304;

/// Bytes of a record written as a template: more claims than one request holds, and read again at each turn of the editor.
pub const TEMPLATE_BYTES: usize = 1_048_576;

/// Unicode scalar values of a text in a claim: longer is a narrative. MODEL §3.
pub const TEXT_SCALARS: usize = 12_000;

/// Unicode scalar values of a name: the longest of bodies and companies have some hundred, and a list shows fewer.
pub const NAME_SCALARS: usize = 128;

/// Depth of a claim, its own braces being 1: the payload around it takes three of [`JSON_DEPTH`].
pub const CLAIM_DEPTH: usize = JSON_DEPTH - 3;

/// Breaches of the model that are looked for in one claim: an author mends a few at a time, and one claim has room for ten thousand,
/// each of which every reader would wait for. A claim with so many is malformed whatever they are.
pub const PROBLEMS_IN_CLAIM: usize = 32;

/// Bytes of a language tag: RFC 5646 §4.4.1 counts on 35. One of a page would leave no room for the titles beside it.
pub const LANGUAGE_BYTES: usize = 35;

/// Bytes of a claim's canonical JSON: a payload holds it with room for what stands around it.
pub const CLAIM_BYTES: usize = 65_000;

/// Automerge documents kept open while a narrative is run, so that concurrent chains do not cost a new one for each edit;
/// each takes from 50 KiB. More heads at a time are made anew.
pub const NARRATIVE_FORKS: usize = 32;

/// Acts that wait for others they follow, or for a member's signature: a founding of some hundred organisations in any order, with room to spare.
pub const ACTS_WAITING: usize = 1_024;

/// Bytes hashed to check the signatures of one copy of an act: as long as the entries take that fill a frame of that size.
/// Acts of up to 64 KiB are checked whole; of a larger one with more signatures, the rest counts when it is met again.
pub const ACT_CHECKED_BYTES: usize = 67_108_864;

/// Signatures of one copy of an act that fail before the rest of it is dropped: an honest copy has none, and who adds some
/// could as well withhold the act.
pub const ACT_BAD_SIGNATURES: usize = 16;

/// Bytes of all acts that wait: a stranger's choice, held in memory.
pub const ACTS_WAITING_BYTES: usize = 67_108_864;

/// Acts in one file: all that some hundred organisations make in decades.
pub const ACTS_IN_FILE: usize = 65_536;

/// Labels told wherever a record is named, the reader's language first: what a source is called in a dozen languages and
/// spellings. Without it thousands of names would be repeated in each of thousands of claims.
pub const REFERENCE_LABELS: usize = 32;

/// Bytes of a label told wherever a record is named: the longest title of a resolution has some hundred.
pub const REFERENCE_LABEL_BYTES: usize = 1_024;

/// Opinions of one organisation on one claim, and as many on the versions that it replaces, told beside it: nobody needs more
/// to have a say, and each stands as a claim too. Without it a chain of versions would repeat all of them at each link.
pub const OPINIONS_OF_ONE: usize = 8;

/// Replies entered by one organisation that are told beside one claim: a subject answers once or a few times. Each of them, however
/// many there are, stands as a claim of the record too.
pub const REPLIES_OF_ONE: usize = 8;

/// Later versions of a claim that a reply to it is told beside: a text is corrected some ten times, and a chain without end
/// would repeat the reply at each link.
pub const REPLY_VERSIONS: usize = 256;

/// Accusing claims of one organisation on one record that have a line beside another record: each line tells the record's
/// subjects and terms again. A body's conclusion has one, and some earlier versions.
pub const LINES_OF_ONE: usize = 32;

/// Subjects, properties and texts of one kind told in such a line: the longest measures name some hundred parties.
pub const LINE_ITEMS: usize = 256;

/// Records followed from one judgement to the next, and read for each, to see whether they contradict:
/// a person stands in some tens of lists.
pub const CHAIN_RECORDS: usize = 64;

/// Characters of what is typed for one value that is no text: a place with its name in a dozen languages has some hundred, and
/// each is compared with every word that a date may hold.
pub const SPOKEN_CHARS: usize = 1_024;

/// Codes that are suggested for a mistyped one: more would be the list again.
pub const SUGGESTIONS: usize = 3;

/// Characters of what was typed that an answer repeats: one line.
pub const SPOKEN_SHOWN: usize = 80;

/// Sources read behind those that a record's claims name, to see where they begin: what some hundred reports cite in turn.
pub const BASIS_RECORDS: usize = 1_024;

/// Levels of sources behind sources: nobody cites through as many, and a circle is found in fewer.
pub const BASIS_DEPTH: usize = 16;

/// Links looked at for one view while bases are followed: a record of thousands of claims needs some ten thousand. Beyond it
/// the rest is told as not followed, and nobody waits.
pub const BASIS_STEPS: usize = 262_144;

/// Links told in the tree below one claim: more than a page holds.
pub const BASIS_TREE: usize = 256;

/// Records that judgements may put together: a person has some tens of records in as many lists. More are shown as in conflict.
pub const IDENTITY_RECORDS: usize = 64;

/// Records read for their judgements while such a chain is followed, those of its kind first: each of them has some tens that refer
/// to it. Whoever makes more that refer to one keeps it from being put together with others, and the reader is told.
pub const IDENTITY_READ: usize = 4_096;

/// Voices that make a majority of judgements: one alone, whom nobody answered yet, would decide for all readers.
pub const MAJORITY_VOICES: usize = 2;

/// Disputes, replies and outdated opinions on one record that are told to whom they wait for: what nobody answers in one sitting.
/// Without it one member could fill the pages of another.
pub const TASKS_ON_ONE: usize = 64;

/// Words of one key that no longer count and are told to be restated: one sitting's worth; the rest is told once these are said
/// anew. Counted for each key, for a thief may have signed thousands of entries.
pub const RESTATING_OF_ONE_KEY: usize = 64;

/// Bytes of what one key inserted in one text that are told: as much as one payload holds.
pub const RESTATING_BYTES: usize = 65_536;

/// Characters of an edit from which on it is taken for said again where a text holds them: a few words. Less stands in any text.
pub const RESTATED_CHARS: usize = 16;

/// Bytes of a record's summary as JSON: sled moves values of 128 KiB and more to files that it does not sync, and a page of a list
/// stays quick to read. What an incident of some fifty accounts says takes a third of it.
pub const SUMMARY_BYTES: usize = 32_768;

/// Bytes of that for the members that every summary has: its keys, days, numbers and its own id.
pub const SUMMARY_FRAME_BYTES: usize = 2_048;

/// Bytes that one part of a summary takes at most, such as its titles: some sixty ids or a dozen long texts. One flood leaves room
/// for all else. Whom a record is not has two such shares: names that many bear are told apart by the hundred.
pub const SUMMARY_PART_BYTES: usize = 6_144;

/// Records that judge one record to be another, and are asked when a line of a list tells of it: a name that many bear is told
/// apart some tens of times. Beyond it the line says that it does not tell all.
pub const JUDGED_IN: usize = 256;

/// Characters of a text in a summary: twice what a wide terminal shows in a line. The view has all of it.
pub const SUMMARY_TEXT_CHARS: usize = 400;

/// Bytes of a code of a vocabulary: the longest known one has 34, and a later version's is told as it is.
pub const CODE_BYTES: usize = 64;

/// Characters of a name that are compared with other names: the longest titles of resolutions. What follows tells nobody apart.
pub const CANDIDATE_NAME_CHARS: usize = 256;

/// Words of a name that are compared: the longest names of companies have some ten.
pub const CANDIDATE_NAME_WORDS: usize = 16;

/// Letters of all words in a row that are compared at once: the table has as many rows and columns.
pub const CANDIDATE_WORD_LETTERS: usize = 48;

/// Names of one record that are compared: six languages, with some spellings. Each is compared with each of another record.
pub const CANDIDATE_NAMES: usize = 12;

/// Points, dates, agents and other values of one record that are compared.
pub const CANDIDATE_VALUES: usize = 16;

/// Periods of 31 days that one record is looked for in: a year. A longer date says too little to find others by.
pub const CANDIDATE_PERIODS: i64 = 12;

/// Records that share a trait and are compared each with each; of more, each is compared with the next ones in order of date,
/// place and name alone, and the reader is told.
pub const CANDIDATE_BLOCK: usize = 64;

/// The next ones in such an order.
pub const CANDIDATE_NEIGHBOURS: usize = 8;

/// Records that one record is compared with: those with which it shares rarer traits come first.
/// 100,000 records are then some million comparisons.
pub const CANDIDATE_COMPARED: usize = 48;

/// Records and codes of one sort that a title is made of: a line holds no more, and a body that names hundreds is told by the first.
pub const TITLE_PARTS: usize = 2;

/// Days after which an export is to be made anew at the latest: names are listed, delisted and answered by the week, and old
/// copies of lists have frozen the accounts of strangers. MODEL §9.3, §9.5.
pub const EXPORT_DAYS: u32 = 30;

/// Bytes that either side of `/isnad/join/1` says in all, lengths included: a charter with the first acts of some forty members.
pub const JOINING_BYTES: usize = 65_536;

/// Bytes of acts in a welcome: what the other frames and the lengths leave of it.
pub const JOINING_ACTS_BYTES: usize = 65_000;

/// Addresses in one invitation: IPv4 and IPv6, TCP and QUIC, in two networks.
pub const INVITATION_ADDRESSES: usize = 8;

/// Characters of an invitation's code, with dashes and line ends: all its addresses as long as they may be.
pub const INVITATION_CHARACTERS: usize = 8_192;

/// Invitations that a node keeps, open or used: each proof is held against every one of them.
pub const INVITATIONS: usize = 64;

/// First acts of candidates that a node keeps: as many as invitations, each of at most a welcome's bytes.
pub const APPLICANTS: usize = 64;
