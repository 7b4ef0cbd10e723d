//! Gives a history to the real fold, in a random order, and holds what it says against the model.

use std::collections::BTreeSet;

use isnad_protocol::act::{Act, Kind, SignatureCheck};
use isnad_protocol::governance::{ActStatus, Double, Governance, Halt, Line, Link};
use isnad_protocol::id::{ActId, OrganisationId};
use isnad_protocol::log::{Authentic, ForkProof};
use isnad_protocol::standing::{Judge, Standing};

use super::history::History;
use crate::model::entries::Verdict;
use crate::model::{Set, View};

/// What comes to a replica.
#[derive(Debug, Clone)]
enum Arrival {
    Act(Act),
    Attestation(Authentic),
    Fork(Box<ForkProof>),
}

/// The first difference, in words; and one between two orders.
pub(crate) fn compare(history: &History) -> Result<(), String> {
    let governance = fold(history, 0);
    let other = fold(history, 1);
    let evidence = history.evidence();
    let judgement = history.judgement(&evidence);
    let twins = &history.twins;
    let differs = |what: String| Err(format!("ISNAD_HISTORY={}: {what}", history.seed));
    let in_effect = |governance: &Governance| -> BTreeSet<usize> {
        let is_so = |act: &usize| governance.status(&twins.real[*act].id()) == Some(ActStatus::InEffect);
        (0..twins.real.len()).filter(is_so).collect()
    };
    let chain = judgement.view.chain();
    let named = chain.iter().fold(Set::NONE, |named, version| named | twins.acts.members(*version));
    let firsts = named.iter().map(|who| twins.firsts[who]);
    let standing = firsts.flat_map(|first| judgement.view.standing(first).acts);
    let expected: BTreeSet<usize> = chain.iter().copied().chain(standing).collect();
    if in_effect(&governance) != expected {
        return differs(format!("in effect are {:?}, by the model {expected:?}", in_effect(&governance)));
    }
    if in_effect(&other) != expected {
        return differs("another order lets other acts take effect".to_owned());
    }
    for governance in [&governance, &other] {
        if let Some(difference) = halt_difference(history, governance, &judgement.view, named) {
            return differs(difference);
        }
    }
    for (entry, sealed) in twins.sealed.iter().enumerate() {
        let expected = judgement.verdict(entry);
        for governance in [&governance, &other] {
            let found = verdict(governance.judge(sealed));
            if found != expected {
                return differs(format!("entry {entry} is {found:?}, by the model {expected:?}"));
            }
        }
    }
    Ok(())
}

/// What halts, which acts stand against each other, and who gave his word for two of them.
fn halt_difference(history: &History, governance: &Governance, view: &View<'_>, named: Set) -> Option<String> {
    let twins = &history.twins;
    let halts = governance.halts();
    let last = view.chain().last().copied();
    let found = halts.iter().find(|halt| halt.kind == Kind::Charter);
    let found = found.map(|halt| {
        let (signed, acknowledged) = proved(halt);
        (ids(&halt.rivals), signed, acknowledged)
    });
    let expected = last.filter(|last| view.is_halted(*last)).map(|last| {
        let rivals: Vec<ActId> = view.candidates(last).iter().map(|act| twins.real[*act].id()).collect();
        let organisations = |set: Set| set.iter().map(|who| twins.organisation(who)).collect::<BTreeSet<_>>();
        let (signed, acknowledged) = (view.double_signers(last), view.double_acknowledgers(last));
        (ids(&rivals), organisations(signed), organisations(acknowledged))
    });
    if found != expected {
        return Some(format!("the charter's halt is {found:?}, by the model {expected:?}"));
    }
    named.iter().find_map(|who| {
        let first = twins.firsts[who];
        let found = halts.iter().any(|halt| halt.scope == twins.real[first].id());
        let expected = view.standing(first).is_halted;
        (found != expected).then(|| format!("that the chain of {who} halts is {found}, by the model {expected}"))
    })
}

/// Who signed, and who acknowledged two of the rivals at a halt, as its proofs say.
pub(super) fn proved(halt: &Halt) -> (BTreeSet<OrganisationId>, BTreeSet<OrganisationId>) {
    let all = || halt.double.iter().flat_map(|(who, proofs)| proofs.iter().map(|proof| (*who, proof)));
    let is_of_rivals = |acts: &[ActId; 2]| acts.iter().all(|act| halt.rivals.contains(act));
    let signed = all().filter(|(_, proof)| matches!(proof, Double::SignedBoth { acts } if is_of_rivals(acts)));
    let acknowledged =
        all().filter(|(_, proof)| matches!(proof, Double::AcknowledgedBoth { acts, .. } if is_of_rivals(acts)));
    (signed.map(|(who, _)| who).collect(), acknowledged.map(|(who, _)| who).collect())
}

fn ids(acts: &[ActId]) -> BTreeSet<ActId> {
    acts.iter().copied().collect()
}

fn verdict(standing: Option<Standing>) -> Verdict {
    match standing {
        Some(Standing::Unauthorised) => Verdict::Unauthorised,
        Some(Standing::Forked) => Verdict::Forked,
        Some(Standing::Repudiated) => Verdict::Repudiated,
        Some(Standing::Revoked) => Verdict::Revoked,
        _ => Verdict::Counts,
    }
}

pub(super) fn fold(history: &History, order: u64) -> Governance {
    let twins = &history.twins;
    let mut random = history.random();
    random.0 ^= order;
    let acts = twins.real.iter().cloned().map(Arrival::Act);
    let words = twins.attestations.iter().flatten().cloned().map(Arrival::Attestation);
    let forks = forks(history).into_iter().map(|proof| Arrival::Fork(Box::new(proof)));
    let mut all: Vec<Arrival> = acts.chain(words).chain(forks).collect();
    random.shuffle(&mut all);
    // Every signature holds: what is compared is what follows from that, and to check them twice takes most of the time.
    let checks = SignatureCheck(|_, signatures| vec![true; signatures.len()]);
    let mut governance = Governance::new(twins.consortium()).checked_by(checks);
    for arrival in &all {
        match arrival {
            // Refused only where nobody has signed it whom it asks, or for good by what the model never lets stand.
            Arrival::Act(act) => drop(governance.take(act.clone())),
            Arrival::Attestation(entry) => drop(governance.attest(entry)),
            Arrival::Fork(proof) => drop(governance.take_fork(proof.as_ref().clone())),
        }
    }
    // A word of a key that was not known, and a proof about a log that was not taken, come once more.
    random.shuffle(&mut all);
    for arrival in all {
        match arrival {
            Arrival::Act(_) => {}
            Arrival::Attestation(entry) => drop(governance.attest(&entry)),
            Arrival::Fork(proof) => drop(governance.take_fork(*proof)),
        }
    }
    close(history, &mut governance);
    governance
}

/// A proof for every two entries of one position.
fn forks(history: &History) -> Vec<ForkProof> {
    let sealed = &history.twins.sealed;
    let pairs = sealed.iter().enumerate().flat_map(|(at, one)| sealed[..at].iter().map(move |other| (one, other)));
    pairs.filter_map(|(one, other)| ForkProof::of(one.entry(), other.entry()).ok()).collect()
}

/// Hands in what is held of every log that is closed, as a replica does.
fn close(history: &History, governance: &mut Governance) {
    let twins = &history.twins;
    for log in 0..twins.entries.logs.len() {
        let (key, organisation) = (twins.log_key(log), twins.organisation(twins.entries.logs[log].owner));
        if !governance.is_due_to_close(&key, &organisation) {
            continue;
        }
        let of_log = (0..twins.sealed.len()).filter(|entry| twins.entries.all[*entry].0 == log);
        let link = |entry: usize| {
            let sealed = &twins.sealed[entry];
            Link { end: sealed.end(), prev: sealed.entry().header.prev, is_whole: true }
        };
        let links: Vec<Link> = of_log.map(link).collect();
        let lines = twins.attestations.iter().flatten().flat_map(|entry| governance.lines_of(entry));
        let lines: Vec<Line> = lines.filter(|(about, _)| *about == key).map(|(_, line)| line).collect();
        governance.close(key, organisation, links, lines);
    }
}
