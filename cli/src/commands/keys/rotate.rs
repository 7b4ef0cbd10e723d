//! `isnad key rotate`: the committed keys become the roots, and new ones are committed to. DESIGN §7.

use isnad_node::governing::{Proposal, rotation};
use isnad_node::keystore::{Cost, KeyInfo, Keystore};
use isnad_node::reading::Who;
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{ActId, OrganisationId};
use isnad_protocol::key::PublicKey;

use super::is_root;
use crate::args::RootArgs;
use crate::client::Client;
use crate::commands::charter::act_named;
use crate::commands::governing::{Roots, held, own, propose_with, tell_done};
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{hanging, width};
use crate::session::Session;

pub(super) async fn run(session: &Session, after: Option<&str>, next: Option<usize>, root: RootArgs) -> Outcome {
    let client = Client::to_read(session).await?;
    let after = act_named(&client, after).await?;
    let who: Who = client.get("/who").await?;
    let own = own(&client, &who).await?;
    let governance = held(&client, &who).await?;
    let store = Keystore::open(&Roots::of(session, root.keys.clone())?.dir)?;
    let committed = committed(&governance, &own, after, &store)?;
    let mut unlocker = session.unlocker()?;
    // Shown before anything is made: a preview leaves nothing behind.
    let label = committed.keys.first().map(|info| info.label.clone()).unwrap_or_default();
    let count = next.unwrap_or(committed.next).max(1);
    let made = made_before(&store, &governance, &own, count)?;
    let made = match made.len() >= count || session.preview {
        true => made,
        false => {
            let more = count.saturating_sub(made.len());
            let new = rotation::make_next(&store, more, &label, &mut unlocker, Cost::default())?;
            made.into_iter().chain(new).collect()
        }
    };
    let publics: Vec<PublicKey> = committed.keys.iter().map(|info| PublicKey::new(info.public)).collect();
    let most = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let next: Vec<String> = match made.is_empty() {
        // A preview with keys that nobody has.
        true => vec!["00".repeat(32)],
        false => made.into_iter().map(|(_, hash)| hash).collect(),
    };
    let proposal = Proposal::Rotate {
        threshold: committed.threshold.min(most(publics.len())).max(1),
        next_threshold: committed.threshold.min(most(next.len())).max(1),
        keys: publics,
        next,
        after,
    };
    let Some(act) = propose_with(session, &client, root, proposal, &[], Some(&mut unlocker)).await? else {
        return Ok(DONE);
    };
    let done = tell_done(session, &client, &act).await?;
    rotation::promote(&store, &committed.keys, &mut unlocker, Cost::default())?;
    if !session.printer.json {
        session.printer.text(&hanging("", session.word("keys.rotated"), width()));
    }
    Ok(done)
}

/// What a rotation brings in.
struct Committed {
    keys: Vec<KeyInfo>,
    threshold: u64,
    /// How many were committed to.
    next: usize,
}

fn committed(
    governance: &Governance,
    own: &OrganisationId,
    after: Option<ActId>,
    store: &Keystore,
) -> Result<Committed, Problem> {
    let roots = match after {
        Some(act) => rotation::in_force(governance, own, &act),
        None => rotation::standing(governance, own),
    };
    let roots =
        roots.ok_or_else(|| Problem::told(exit::REFUSED, "no_organisation", "governing.no_organisation", &[]))?;
    let keys = rotation::committed(store, roots)?;
    if u64::try_from(keys.len()).is_ok_and(|count| count < roots.next_threshold) {
        let (here, due) = (keys.len().to_string(), roots.next_threshold.to_string());
        let values = [("here", &*here), ("due", &*due)];
        return Err(Problem::told(exit::REFUSED, "no_next_key", "governing.no_next_key", &values));
    }
    Ok(Committed { keys, threshold: roots.next_threshold, next: roots.next.len() })
}

/// Next keys that a rotation made which was cut off: nobody has heard of them, and they are as good as new ones.
fn made_before(
    store: &Keystore,
    governance: &Governance,
    own: &OrganisationId,
    count: usize,
) -> Result<Vec<(KeyInfo, String)>, Problem> {
    let mut known = std::collections::BTreeSet::new();
    for act in governance.acts().filter(|act| act.organisation() == Some(*own)) {
        if let Some(roots) = act.as_organisation().and_then(|body| body.roots.as_ref()) {
            known.extend(roots.next.iter().map(|hash| isnad_protocol::encoding::to_hex(hash)));
            known.extend(
                roots.keys.iter().map(|key| isnad_protocol::encoding::to_hex(&isnad_protocol::act::next_key_hash(key))),
            );
        }
    }
    let spare = store.list()?.into_iter().filter(|info| is_root(info.purpose)).map(|info| {
        let hash = isnad_protocol::act::next_key_hash(&PublicKey::new(info.public));
        (info, isnad_protocol::encoding::to_hex(&hash))
    });
    Ok(spare.filter(|(_, hash)| !known.contains(hash)).take(count).collect())
}
