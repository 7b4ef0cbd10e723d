//! `isnad opinion`: what this organisation thinks of the claims of others.

use std::collections::{BTreeMap, BTreeSet};

use isnad_node::reading::{ORGANISATION_DIGITS, Who};
use isnad_node::writing::{Change, Retraction};
use isnad_protocol::encoding::json::{Json, Object};
use isnad_protocol::id::{ClaimId, OrganisationId, RecordId};
use isnad_protocol::locale;
use isnad_protocol::model::{ValueType, kinds, speech, vocabularies};
use isnad_protocol::view::{ShownClaim, State, View};

use super::claim::reason_meant;
use super::reading::organisation_name;
use super::signed::Took;
use super::writing::{resolve, resolve_among, same_space, send, space_name};
use crate::args::{OpinionArgs, OpinionCommand, SpaceName};
use crate::client::Client;
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{inert, pasted, pasted_claim};
use crate::session::Session;

/// Digits of a claim's id that are enough to name it: what is done to a claim cannot be undone.
const DIGITS: usize = 8;

/// A record as this organisation reads it before it says something of it.
pub(super) struct Page {
    pub(super) record: RecordId,
    pub(super) view: View,
    pub(super) who: Who,
}

pub(crate) async fn run(session: &Session, command: OpinionCommand) -> Outcome {
    let client = Client::to_write(session).await?;
    match command {
        OpinionCommand::Endorse(args) => say(session, &client, "endorse", args).await,
        OpinionCommand::Dispute(args) => say(session, &client, "dispute", args).await,
        OpinionCommand::Corroborate(args) => say(session, &client, "corroborate", args).await,
        OpinionCommand::Withdraw { record, claim, reason, note } => {
            let reason = reason_meant(session, &vocabularies::RETRACTION_REASON, &reason)?;
            let page = Page::read(session, &client, &record).await?;
            let text = digits(&claim)?;
            let is_meant = |opinion: &&ShownClaim| {
                let on = member(opinion, "claim").unwrap_or_default();
                opinion.id.to_string().starts_with(&text) || on.starts_with(&text)
            };
            let missing = || Problem::told(exit::NO, "not_found", "opinion_none", &[]);
            let opinion = page.own("opinion").find(is_meant).ok_or_else(missing)?;
            let space = page.space(opinion)?;
            let value = locale::code(session.language, "stance", member(opinion, "stance").unwrap_or_default());
            let (value, words) = (value.to_owned(), session.apart(value));
            let took = Took { how: "view.retracted", property: "opinion".into(), value, words };
            // What it took the place of would stand again: all of it is taken back.
            let all = page.versions(opinion).into_iter();
            let taken = |claim| Retraction { claim, reason: reason.clone(), note: note.clone() };
            let retractions = all.map(taken).collect();
            let change = Change { retractions, ..Change::of(page.record) };
            send(session, &client, space, change, Some(took)).await
        }
    }
}

async fn say(session: &Session, client: &Client, stance: &str, args: OpinionArgs) -> Outcome {
    let meant = |typed: String| reason_meant(session, &vocabularies::DISPUTE_REASON, &typed);
    let reason = args.reason.map(meant).transpose()?;
    if stance == "dispute" && reason.is_none() {
        return Err(reasons(session));
    }
    let page = Page::read(session, client, &args.record).await?;
    let claim = page.find(session, &args.claim, args.whose.of.as_deref(), true)?;
    let earlier = page.own_opinion(claim);
    let space = match earlier {
        Some(earlier) => same_space(args.space, page.space(earlier)?)?,
        None => args.space.unwrap_or_default(),
    };
    let mut value = Object::from([
        ("organisation".to_owned(), Json::text(claim.organisation.to_string())),
        ("claim".to_owned(), Json::text(claim.id.to_string())),
        ("stance".to_owned(), Json::text(stance)),
    ]);
    put(&mut value, "reason", reason);
    let by_letters = |text: &String| speech::value(&ValueType::Text, text).ok()?.lang;
    let language = args.language.or_else(|| args.text.as_ref().and_then(by_letters));
    put(&mut value, "text", args.text);
    let mut members =
        Object::from([("prop".to_owned(), Json::text("opinion")), ("value".to_owned(), Json::Object(value))]);
    put(&mut members, "lang", language);
    with_sources(session, client, &mut members, &args.source).await?;
    if let Some(earlier) = earlier {
        if says(earlier, &members) {
            return same_already(session, "opinion.same_already", earlier);
        }
        members.insert("replaces".to_owned(), Json::text(earlier.id.to_string()));
    }
    let took = earlier.map(|earlier| replaced(session, "opinion", "stance", earlier));
    let change = Change { claims: vec![Json::Object(members)], ..Change::of(page.record) };
    send(session, client, space, change, took).await
}

/// What is told of one's own word of before, in whose place the new one stands: nobody changes his mind without being told that he does.
pub(super) fn replaced(session: &Session, prop: &str, member_key: &str, earlier: &ShownClaim) -> Took {
    let code = member(earlier, member_key).unwrap_or_default();
    let mut words = inert(locale::code(session.language, member_key, code));
    let texts = ["reason", "text", "explanation"].into_iter().filter_map(|key| Some((key, member(earlier, key)?)));
    for (key, text) in texts {
        let told = if key == "reason" { locale::code(session.language, "dispute_reason", text) } else { text };
        words.push_str(&format!("{} {}", session.printer.colon(), session.apart(told)));
    }
    let sources = earlier.basis.iter().filter_map(|basis| Some(basis.source.as_ref()?.record.to_string()));
    words.extend(sources.map(|source| format!(" ← {source}")));
    Took { how: "view.replaced", property: prop.to_owned(), value: code.to_owned(), words }
}

/// Says that this stands already. Nothing was signed, and nothing is wrong.
pub(super) fn same_already(session: &Session, key: &str, earlier: &ShownClaim) -> Outcome {
    let told = serde_json::json!({"known": 1, "entries": [], "claims": [], "claim": earlier.id});
    let claim = locale::format(session.language, "written.claim", &[("id", &earlier.id.to_string())]);
    session.printer.either(&told, |_| format!("{}\n{claim}", session.word(key)));
    Ok(DONE)
}

/// The reasons of a dispute, each with its word.
fn reasons(session: &Session) -> Problem {
    let codes = vocabularies::DISPUTE_REASON.codes.iter();
    let line = |code: &&str| format!("{code}: {}", locale::code(session.language, "dispute_reason", code));
    let mut why = vec![session.word("opinion.reasons").to_owned()];
    why.extend(codes.map(line));
    let error = session.word("preview.not_signed");
    Problem::new(
        exit::REFUSED,
        "dispute_without_reason",
        error,
        why.join("\n"),
        session.word("refusal.dispute_without_reason.try"),
    )
}

/// True if a claim that stands says just this.
pub(super) fn says(claim: &ShownClaim, members: &Object) -> bool {
    let sources: BTreeSet<String> =
        claim.basis.iter().filter_map(|basis| Some(basis.source.as_ref()?.record.to_string())).collect();
    let basis = members.get("basis").and_then(Json::as_list).unwrap_or_default();
    let named: BTreeSet<String> =
        basis.iter().filter_map(|item| item.get("source")?.as_text().map(str::to_owned)).collect();
    claim.value.as_ref() == members.get("value")
        && claim.lang.as_deref() == members.get("lang").and_then(Json::as_text)
        && sources == named
}

pub(super) fn put(members: &mut Object, key: &str, text: Option<String>) {
    if let Some(text) = text {
        members.insert(key.to_owned(), Json::Text(text));
    }
}

/// Adds the sources that a claim rests on.
pub(super) async fn with_sources(
    session: &Session,
    client: &Client,
    members: &mut Object,
    sources: &[String],
) -> Result<(), Problem> {
    let mut basis = Vec::new();
    for source in sources {
        let record = resolve_among(session, client, source, &[kinds::SOURCE, kinds::EVIDENCE]).await?;
        basis.push(Json::object([("source", Json::text(record.to_string()))]));
    }
    if !basis.is_empty() {
        members.insert("basis".to_owned(), Json::List(basis));
    }
    Ok(())
}

/// The digits that a person typed or pasted for a claim.
fn digits(text: &str) -> Result<String, Problem> {
    let text = pasted_claim(text).to_lowercase();
    if text.len() >= DIGITS && text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(text);
    }
    let values = [("text", &*inert(&text)), ("digits", &*DIGITS.to_string())];
    Err(Problem::told(exit::USAGE, "usage", "claim_id", &values))
}

pub(super) fn member<'a>(claim: &'a ShownClaim, key: &str) -> Option<&'a str> {
    claim.value.as_ref()?.get(key)?.as_text()
}

impl Page {
    pub(super) async fn read(session: &Session, client: &Client, record: &str) -> Result<Self, Problem> {
        let record = resolve(session, client, record).await?;
        let view: View = client.get(&format!("/records/{record}")).await?;
        let who: Who = client.get("/who").await?;
        Ok(Self { record, view, who })
    }

    fn claims(&self) -> impl Iterator<Item = &ShownClaim> {
        self.view.properties.iter().flat_map(|property| &property.claims)
    }

    /// This organisation's claims of a property that stand.
    pub(super) fn own(&self, prop: &str) -> impl Iterator<Item = &ShownClaim> {
        let of = self.view.properties.iter().filter(move |property| property.prop == prop);
        let claims = of.flat_map(|property| &property.claims);
        claims.filter(|claim| Some(claim.organisation) == self.who.own && claim.state == State::Live)
    }

    pub(super) fn space(&self, claim: &ShownClaim) -> Result<SpaceName, Problem> {
        space_name(&self.who, claim.space)
            .ok_or_else(|| Problem::fault("a claim in a space that is not the consortium's"))
    }

    /// An own claim and those that it took the place of, one after the other, which were not taken back.
    fn versions(&self, claim: &ShownClaim) -> Vec<ClaimId> {
        let mut versions = vec![claim.id];
        let mut next = claim.replaces;
        while let Some(id) = next.filter(|id| !versions.contains(id)) {
            let is_it =
                |old: &&ShownClaim| (old.id, old.organisation, old.space) == (id, claim.organisation, claim.space);
            let Some(old) = self.claims().find(is_it) else { break };
            next = old.replaces;
            if old.state != State::Retracted {
                versions.push(id);
            }
        }
        versions
    }

    /// A claim of any organisation by a unique beginning of its id; where it is of others alone, not this organisation's own.
    pub(super) fn find(
        &self,
        session: &Session,
        text: &str,
        of: Option<&str>,
        is_of_others: bool,
    ) -> Result<&ShownClaim, Problem> {
        let text = digits(text)?;
        let of = of.map(|name| self.organisation(name)).transpose()?;
        let is_meant = |claim: &&ShownClaim| {
            claim.id.to_string().starts_with(&text) && of.is_none_or(|of| claim.organisation == of)
        };
        // Words that stand in both spaces are those that stand, and rather those that everyone reads.
        let mut found: BTreeMap<(ClaimId, OrganisationId), &ShownClaim> = BTreeMap::new();
        for claim in self.claims().filter(is_meant) {
            let kept = found.entry((claim.id, claim.organisation)).or_insert(claim);
            let place =
                |claim: &ShownClaim| (claim.state, space_name(&self.who, claim.space) != Some(SpaceName::Public));
            if place(claim) < place(kept) {
                *kept = claim;
            }
        }
        let is_own = |claim: &ShownClaim| Some(claim.organisation) == self.who.own;
        if is_of_others && found.values().any(|claim| !is_own(claim)) {
            found.retain(|_, claim| !is_own(claim));
        }
        let ids: BTreeSet<ClaimId> = found.keys().map(|(id, _)| *id).collect();
        match (ids.len(), found.len(), found.first_key_value()) {
            (_, 1, Some((_, claim))) => Ok(claim),
            (0, ..) | (_, _, None) => {
                let values = [("claim", &*text), ("record", &*self.record.to_string())];
                Err(Problem::told(exit::NO, "not_found", "claim_absent", &values))
            }
            (1, ..) => {
                let names =
                    found.values().map(|claim| organisation_name(&self.who, claim.organisation, session.language));
                let names = names.collect::<Vec<_>>().join("\n");
                let (what, advice) = (session.word("opinion.several"), session.word("opinion.several.try"));
                Err(Problem::new(exit::NO, "ambiguous", what, names, advice))
            }
            _ => Err(Problem::told(exit::NO, "ambiguous", "claim_ambiguous", &[])),
        }
    }

    /// A member by a name in any language, or by a beginning of its id.
    pub(super) fn organisation(&self, text: &str) -> Result<OrganisationId, Problem> {
        let lower = pasted(text).trim().to_lowercase();
        let is_called = |organisation: &&isnad_node::reading::Organisation| {
            organisation.names.values().any(|name| name.to_lowercase() == lower)
                || (lower.len() >= ORGANISATION_DIGITS && organisation.id.to_string().starts_with(&lower))
        };
        let found: Vec<_> = self.who.organisations.iter().filter(is_called).collect();
        match found.as_slice() {
            [one] => Ok(one.id),
            _ => Err(Problem::told(exit::NO, "not_found", "member_unknown", &[("name", &inert(text))])),
        }
    }

    /// This organisation's opinion of a claim or of an earlier version of it: the new one takes its place.
    fn own_opinion(&self, claim: &ShownClaim) -> Option<&ShownClaim> {
        let versions: BTreeMap<ClaimId, Option<ClaimId>> = self
            .claims()
            .filter(|version| version.organisation == claim.organisation)
            .map(|version| (version.id, version.replaces))
            .collect();
        let mut meant = BTreeSet::new();
        let mut next = Some(claim.id);
        while let Some(id) = next.filter(|id| meant.insert(id.to_string())) {
            next = versions.get(&id).copied().flatten();
        }
        let whose = claim.organisation.to_string();
        let is_of = |opinion: &&ShownClaim| {
            member(opinion, "organisation") == Some(&whose)
                && member(opinion, "claim").is_some_and(|id| meant.contains(id))
        };
        // The one on this very version first.
        let this = claim.id.to_string();
        self.own("opinion").filter(is_of).max_by_key(|opinion| member(opinion, "claim") == Some(&this))
    }
}
