//! Every rule of Isnad, and no input or output.
//!
//! Isnad is a peer-to-peer replicated dataset: organisations that do not trust each other hold the same signed claims, and
//! anyone can check who said what. The same crate runs in a node, in a simulator and in an auditor's verifier. It reads no
//! clock, opens no file or socket, draws no randomness and starts no thread: time, random bytes and stored bytes are passed
//! in, and what is to be written or sent comes out as data.
//!
//! # Map
//!
//! In the order in which modules depend on each other; each knows those above it alone.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`limits`], [`breakage`] | every bound, with its reason; the defences that a test can take out |
//! | [`encoding`], [`id`], [`time`], [`key`] | fixed layouts and strict JSON; names; days; the only code that signs or checks |
//! | [`model`], [`locale`], [`import`] | kinds of record, properties and vocabularies; their words; files of others |
//! | [`entry`], [`log`] | the unit of replication and of signature; one key's line of them |
//! | [`act`], [`attestation`] | one multi-signed step; what an organisation acknowledges |
//! | [`governance`] | who may do what, a pure fold of all acts |
//! | [`check_words`], [`joining`] | words that two people compare; how a candidate and its sponsor meet |
//! | [`standing`], [`sheet`] | what the rules say of an entry; one organisation's claims on one record |
//! | [`view`], [`mod@digest`] | what a reader sees; one hash of it for two people on the phone |
//! | [`store`], [`sync`] | what is read of stored bytes; what two replicas say to each other |
//! | [`replica`] | the state machine: inputs in, effects out, and one door for every entry |
//! | [`audit`] | findings from bytes alone |
//!
//! # One contribution's way
//!
//! A claim becomes readable operations ([`sheet::operations`]), these the payload of an [`entry::Entry`], signed and chained by
//! [`entry::Draft::seal`]. [`replica::Replica::handle`] admits it, asks for it to be written, and only once it stands on disk
//! acknowledges it and sends it on. At the peer the same bytes go through the same door, and [`view::View`] shows them.
//!
//! # Two replicas, one claim
//!
//! A driver performs what a replica asks for. This one has memory for a disk and a queue for a network.
//!
//! ```
//! use std::collections::{BTreeMap, BTreeSet, VecDeque};
//!
//! use isnad_protocol::act::{Act, Grant, GrantSubject, OrganisationKind, Role, Roots, founding, next_key_hash};
//! use isnad_protocol::encoding::json::Object;
//! use isnad_protocol::entry::{Draft, Kind, Payload};
//! use isnad_protocol::governance::Governance;
//! use isnad_protocol::id::{EntryId, NodeId, OpenSpace, OrganisationId, RecordId};
//! use isnad_protocol::key::SecretKey;
//! use isnad_protocol::replica::{Input, Output, Replica, Stored};
//! use isnad_protocol::store::MemoryStore;
//! use isnad_protocol::time::{Day, Timestamp};
//! use isnad_protocol::view::{Context, Policy, View};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! /// A node: its replica, and a disk in memory.
//! struct Node {
//!     id: NodeId,
//!     replica: Replica,
//!     disk: MemoryStore,
//! }
//!
//! impl Node {
//!     /// Hands an input in and performs what comes out; returns the frames to be sent.
//!     fn handle(&mut self, input: Input) -> Vec<(NodeId, Vec<u8>)> {
//!         let (mut inputs, mut frames) = (VecDeque::from([input]), Vec::new());
//!         while let Some(input) = inputs.pop_front() {
//!             self.replica.handle(input, Timestamp(1), &self.disk).expect("memory can be read");
//!             while let Some(output) = self.replica.poll() {
//!                 match output {
//!                     Output::Commit(batch) => {
//!                         self.disk.append(batch);
//!                         inputs.push_back(Input::Synced);
//!                     }
//!                     Output::Send { peer, frame } => frames.push((peer, frame)),
//!                     _ => {}
//!                 }
//!             }
//!         }
//!         frames
//!     }
//! }
//!
//! // Two organisations, each with a root key, the key of a contributor and the key of a node.
//! let key = |number: u8| SecretKey::from_seed(&[number; 32]);
//! let mut firsts = Vec::new();
//! for number in [0, 10] {
//!     let keys = vec![key(number).public()];
//!     let next = vec![next_key_hash(&key(number + 1).public())];
//!     let roots = Roots { keys, next, next_threshold: 1, threshold: 1 };
//!     let subject = GrantSubject::of_roots(&roots.keys);
//!     let grants = vec![
//!         Grant::of(&key(number + 2), &subject, Role::Contributor, "desk"),
//!         Grant::of(&key(number + 3), &subject, Role::Reader, "node"),
//!     ];
//!     let act = founding::organisation(OrganisationKind::Ngo, Vec::new(), roots, grants, false)?;
//!     let signature = act.sign(OrganisationId::ZERO, &key(number));
//!     firsts.push(act.with_signature(signature));
//! }
//!
//! // They found a consortium: the charter is in effect once both have signed it.
//! let members: Vec<OrganisationId> = firsts.iter().filter_map(Act::organisation).collect();
//! let mut charter = founding::charter("Example", members.clone(), 2, Object::new(), Object::new())?;
//! for (number, member) in [0, 10].into_iter().zip(&members) {
//!     let signature = charter.sign(*member, &key(number));
//!     charter = charter.with_signature(signature);
//! }
//! let governance = Governance::assemble([vec![charter], firsts].concat())?;
//!
//! let node = |number: u8| Node {
//!     id: NodeId::new(*key(number + 3).public().as_bytes()),
//!     replica: Replica::new(governance.clone(), Stored::default(), BTreeSet::from([key(number + 2).public()])),
//!     disk: MemoryStore::default(),
//! };
//! let (mut one, mut two) = (node(0), node(10));
//!
//! // The first organisation says one thing about one record. Whoever holds the key seals.
//! let record = RecordId::parse("incident/0f3a0f3a0f3a0f3a0f3a0f3a0f3a0f")?;
//! let claim = Draft {
//!     kind: Kind::Change,
//!     space: OpenSpace::Members.id(&governance.consortium()),
//!     organisation: members[0],
//!     record,
//!     generation: 0,
//!     time: Timestamp(1_523_102_400_000),
//!     payload: Payload { salt: [7; 16], bytes: br#"{"ops":[{"claim":{"prop":"date","value":"2018-04-07"}}]}"#.to_vec() },
//! };
//! let entry = claim.seal((0, EntryId::ZERO), &key(2));
//! one.handle(Input::Submit { request: 1, entries: vec![entry] });
//!
//! // The nodes meet, and say what they have to say.
//! two.handle(Input::Connected { peer: one.id, opens_with: None });
//! let mut wire: VecDeque<_> = one.handle(Input::Connected { peer: two.id, opens_with: Some([9; 16]) }).into();
//! while let Some((to, frame)) = wire.pop_front() {
//!     let (at, from) = if to == one.id { (&mut one, two.id) } else { (&mut two, one.id) };
//!     wire.extend(at.handle(Input::Received { peer: from, frame }));
//! }
//!
//! // The second organisation reads whose word it is; and both could compare the same digest over the phone.
//! let (names, policy) = (BTreeMap::new(), Policy::default());
//! let context = Context { judge: &governance, names: &names, policy: &policy, today: Day::parse("2018-12-01")? };
//! let view = View::of(record, &two.disk, context)?;
//! assert_eq!(view.properties[0].claims[0].organisation, members[0]);
//! assert_eq!(view.properties[0].claims[0].signed[0].author, key(2).public());
//! assert_eq!(two.replica.logs(), one.replica.logs());
//! # Ok(())
//! # }
//! ```

pub mod act;
pub mod attestation;
pub mod audit;
pub mod breakage;
pub mod characters;
pub mod check_words;
pub mod digest;
pub mod encoding;
pub mod entry;
pub mod few;
pub mod governance;
pub mod id;
pub mod import;
pub mod joining;
pub mod key;
pub mod limits;
pub mod locale;
pub mod log;
pub mod model;
pub mod replica;
pub mod sheet;
pub mod standing;
pub mod store;
pub mod sync;
pub mod time;
pub mod view;
