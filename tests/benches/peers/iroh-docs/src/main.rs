//! The work by two nodes of iroh-docs in this process, on loopback, without relays or discovery, on a real disk. Its argument is
//! a file of payloads, the length of each before it in four bytes, the first the most significant; each becomes the content of
//! a document's entry. Prints the figures as one line of JSON.
//!
//! Every entry is signed by its author and by the document, and a node checks both. The content goes over apart from the entries,
//! each piece once however many entries name it.

use std::collections::HashSet;
use std::error::Error;
use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::{Duration, Instant};

use iroh::endpoint::presets;
use iroh::protocol::Router;
use iroh::{Endpoint, EndpointAddr, RelayMode};
use iroh_blobs::store::fs::FsStore;
use iroh_blobs::{BlobsProtocol, Hash};
use iroh_docs::actor::SyncHandle;
use iroh_docs::api::Doc;
use iroh_docs::api::protocol::{AddrInfoOptions, ShareMode};
use iroh_docs::engine::{DefaultAuthorStorage, Engine, LiveEvent};
use iroh_docs::net::connect_and_sync;
use iroh_docs::protocol::Docs;
use iroh_docs::store::Store;
use iroh_docs::{NamespaceId, SyncOutcome};
use iroh_gossip::net::Gossip;
use n0_future::{Stream, StreamExt};

/// Who writes: as many as in the bench's corpus.
const AUTHORS: usize = 3;

/// How often what is short is repeated; the median is told.
const ROUNDS: usize = 21;

/// What takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(1_800);

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result<()> {
    let path = std::env::args_os().nth(1).ok_or("which file of payloads?")?;
    let payloads = payloads(&fs::read(path)?)?;
    let dir = tempfile::tempdir()?;
    println!("{}", tokio::time::timeout(PATIENCE, work(dir.path(), &payloads)).await??);
    Ok(())
}

/// Splits what the bench wrote.
fn payloads(mut bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let length = usize::try_from(u32::from_be_bytes(*length))?;
        let (payload, rest) = rest.split_at_checked(length).ok_or("the file of payloads is cut short")?;
        found.push(payload.to_vec());
        bytes = rest;
    }
    Ok(found)
}

async fn work(dir: &Path, payloads: &[Vec<u8>]) -> Result<String> {
    let (here, there) = (Node::start(&dir.join("here")).await?, Node::start(&dir.join("there")).await?);
    let (from, contents) = here.write(payloads).await?;
    let before = here.sent_bytes() + there.sent_bytes();
    let start = Instant::now();
    let capability = from.share(ShareMode::Read, AddrInfoOptions::Id).await?.capability;
    let to = there.docs.import_namespace(capability).await?;
    let mut events = to.subscribe().await?;
    to.start_sync(vec![here.address()?]).await?;
    caught_up(&mut events, payloads.len(), contents).await?;
    let count = payloads.len() as f64;
    let rate = count / start.elapsed().as_secs_f64();
    let wire = (here.sent_bytes() + there.sent_bytes() - before) as f64 / count;
    let delta = deltas(&here, &from, &mut events, payloads).await?;
    let no_op = no_op_bytes(&here, &there, from.id()).await?;
    let no_op_seconds = no_op_seconds(&here, &there, from.id()).await?;
    here.stop().await?;
    there.stop().await?;
    let disk = bytes_in(&dir.join("there"))? as f64 / count;
    Ok(format!(
        r#"{{"rate":{rate},"wire":{wire},"disk":{disk},"no_op":{no_op},"no_op_seconds":{no_op_seconds},"delta":{delta}}}"#
    ))
}

/// One node, with all that a user starts.
struct Node {
    router: Router,
    blobs: FsStore,
    docs: Docs,
    sync: SyncHandle,
}

impl Node {
    async fn start(dir: &Path) -> Result<Self> {
        let endpoint = Endpoint::builder(presets::Minimal).relay_mode(RelayMode::Disabled).clear_ip_transports();
        let endpoint = endpoint.bind_addr((Ipv4Addr::LOCALHOST, 0))?.bind().await?;
        let blobs = FsStore::load(dir.join("blobs")).await?;
        let gossip = Gossip::builder().spawn(endpoint.clone());
        let replicas = Store::persistent(dir.join("docs.redb"))?;
        let author = DefaultAuthorStorage::Persistent(dir.join("author"));
        let downloader = blobs.downloader(&endpoint);
        let store = (*blobs).clone();
        let engine = Engine::spawn(endpoint.clone(), gossip.clone(), replicas, store, downloader, author, None).await?;
        let sync = engine.sync.clone();
        let docs = Docs::new(engine);
        let router = Router::builder(endpoint)
            .accept(iroh_blobs::ALPN, BlobsProtocol::new(&blobs, None))
            .accept(iroh_gossip::ALPN, gossip)
            .accept(iroh_docs::ALPN, docs.clone())
            .spawn();
        Ok(Self { router, blobs, docs, sync })
    }

    /// A document with an entry for each payload, and the contents that are in it.
    async fn write(&self, payloads: &[Vec<u8>]) -> Result<(Doc, HashSet<Hash>)> {
        let document = self.docs.create().await?;
        let mut authors = Vec::new();
        for _ in 0..AUTHORS {
            authors.push(self.docs.author_create().await?);
        }
        let mut contents = HashSet::new();
        for ((number, payload), author) in payloads.iter().enumerate().zip(authors.iter().cycle()) {
            contents.insert(document.set_bytes(*author, number.to_be_bytes().to_vec(), payload.clone()).await?);
        }
        document.start_sync(Vec::new()).await?;
        Ok((document, contents))
    }

    fn address(&self) -> Result<EndpointAddr> {
        let endpoint = self.router.endpoint();
        let socket = endpoint.bound_sockets().first().copied().ok_or("no socket")?;
        Ok(EndpointAddr::new(endpoint.id()).with_ip_addr(socket))
    }

    /// In datagrams, without the headers of UDP and IP.
    fn sent_bytes(&self) -> u64 {
        self.router.endpoint().metrics().socket.send_ipv4.get()
    }

    /// Stops it with all on the disk.
    async fn stop(self) -> Result<()> {
        self.router.shutdown().await?;
        // A second time is an error, and the router may have done it.
        let _ = self.blobs.shutdown().await;
        Ok(())
    }
}

/// Waits until so many entries have come, and every content.
async fn caught_up(
    events: &mut (impl Stream<Item = anyhow::Result<LiveEvent>> + Unpin),
    mut entries: usize,
    mut contents: HashSet<Hash>,
) -> Result<()> {
    while entries > 0 || !contents.is_empty() {
        match events.next().await.ok_or("no more events")?? {
            LiveEvent::InsertRemote { .. } => entries = entries.checked_sub(1).ok_or("an entry came twice")?,
            LiveEvent::ContentReady { hash } => drop(contents.remove(&hash)),
            _ => {}
        }
    }
    Ok(())
}

/// Seconds from a new entry here to its content there, with both connected.
async fn deltas(
    here: &Node,
    from: &Doc,
    events: &mut (impl Stream<Item = anyhow::Result<LiveEvent>> + Unpin),
    payloads: &[Vec<u8>],
) -> Result<f64> {
    let author = here.docs.author_create().await?;
    let mut seconds = Vec::new();
    for (round, payload) in payloads.iter().cycle().take(ROUNDS).enumerate() {
        // Content that is not there yet.
        let content = [b"new ".as_slice(), &round.to_be_bytes(), payload].concat();
        let start = Instant::now();
        let hash = from.set_bytes(author, format!("new {round}"), content).await?;
        caught_up(events, 1, HashSet::from([hash])).await?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    Ok(median(seconds))
}

/// Bytes of the messages between two that hold the same, the length before each with them, as `iroh_docs::net` frames them; without
/// the connection that is made for it.
async fn no_op_bytes(here: &Node, there: &Node, document: NamespaceId) -> Result<usize> {
    const LENGTH: usize = 4;
    const TAG: usize = 1;
    let sides = [(&here.sync, there.router.endpoint().id()), (&there.sync, here.router.endpoint().id())];
    let mut message = there.sync.sync_initial_message(document).await?;
    let mut bytes = size_of::<NamespaceId>();
    for (side, peer) in sides.into_iter().cycle() {
        bytes += LENGTH + TAG + postcard::to_allocvec(&message)?.len();
        let state = SyncOutcome::default();
        let (answer, _) = side.sync_process_message(document, message, *peer.as_bytes(), state).await?;
        match answer {
            Some(answer) => message = answer,
            None => break,
        }
    }
    Ok(bytes)
}

/// Seconds of the exchange between two that hold the same, after the connection is made for it.
async fn no_op_seconds(here: &Node, there: &Node, document: NamespaceId) -> Result<f64> {
    let mut seconds = Vec::new();
    while seconds.len() < ROUNDS {
        let address = here.address()?;
        let done = connect_and_sync(there.router.endpoint(), &there.sync, document, address, None).await?;
        if done.outcome.num_recv + done.outcome.num_sent > 0 {
            return Err("both hold the same, and something went over".into());
        }
        seconds.push(done.timings.process.as_secs_f64());
    }
    Ok(median(seconds))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What the files of a folder take.
fn bytes_in(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for file in fs::read_dir(folder)? {
        let file = file?;
        let metadata = file.metadata()?;
        bytes += if metadata.is_dir() { bytes_in(&file.path())? } else { metadata.len() };
    }
    Ok(bytes)
}
