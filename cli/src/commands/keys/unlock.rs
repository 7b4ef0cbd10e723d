//! Keys handed to the node that runs on the home, so that it uses them as soon as they are granted. ADR 0005.

use isnad_node::api::keys::HandedIn;
use isnad_node::governing::requests;
use isnad_node::keystore::{KeyInfo, Keystore, Secret};
use isnad_protocol::act::Role;
use isnad_protocol::key::PublicKey;
use isnad_protocol::locale;

use crate::client::Client;
use crate::error::{DONE, Outcome, Problem};
use crate::output::{hanging, width};
use crate::session::Session;

/// `isnad key unlock`.
pub(super) async fn run(session: &Session) -> Outcome {
    let Some(client) = Client::of_running(session).await? else {
        session.printer.either(&Vec::<PublicKey>::new(), |_| hanging("", session.word("keys.no_node"), width()));
        return Ok(DONE);
    };
    let store = Keystore::open(&session.home()?.keys())?;
    let infos = store.list()?;
    let signing: Vec<&KeyInfo> =
        infos.iter().filter(|info| requests::role(info.purpose).is_some_and(signs_entries)).collect();
    let mut taken: Vec<PublicKey> = Vec::new();
    if !signing.is_empty() {
        let mut unlocker = session.unlocker()?;
        let seeds: Vec<Secret> =
            signing.iter().map(|info| store.unlock(info, &mut unlocker)).collect::<Result<_, _>>()?;
        taken = client.post("/keys", &HandedIn::of(&seeds)).await?;
    }
    session.printer.either(&taken, |taken| {
        let keys: Vec<String> = taken.iter().map(PublicKey::to_short).collect();
        let comma = format!("{} ", session.word("preview.comma"));
        let told = match keys.is_empty() {
            true => session.word("keys.none_to_unlock").to_owned(),
            false => locale::format(session.language, "keys.unlocked", &[("keys", &keys.join(&comma))]),
        };
        hanging("", &told, width())
    });
    Ok(DONE)
}

/// Hands one key to the node that runs on the home, if one does and the key signs entries.
pub(super) async fn hand_over(session: &Session, role: Role, seed: &Secret) -> Result<(), Problem> {
    if !signs_entries(role) {
        return Ok(());
    }
    if let Some(client) = Client::of_running(session).await? {
        let _taken: Vec<PublicKey> = client.post("/keys", &HandedIn::of([seed])).await?;
    }
    Ok(())
}

const fn signs_entries(role: Role) -> bool {
    matches!(role, Role::Contributor | Role::Publisher | Role::Node)
}
