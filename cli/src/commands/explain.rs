//! `isnad explain`: who said a claim, who stands behind it, what it rests on, and why a view shows it as it does.

use std::collections::BTreeSet;

use isnad_node::reading::Who;
use isnad_protocol::id::{ClaimId, RecordId};
use isnad_protocol::locale::{self, Language};
use isnad_protocol::view::{Brief, Explanation, Place, Rested, ShownClaim};

use super::ids::Ids;
use super::policy::Chosen;
use super::preview::in_a_line;
use super::reading::{organisation_name, property_word};
use super::show::value_in_words;
use crate::args::ExplainArgs;
use crate::client::{self, Client, encoded, query};
use crate::error::{DONE, Outcome};
use crate::output::{Style, hanging, pasted, pasted_claim, width};
use crate::session::Session;

mod entry;

/// Origins that are named; of more, how many.
const ORIGINS: usize = 24;

pub(crate) async fn run(session: &Session, args: &ExplainArgs) -> Outcome {
    let client = Client::to_read(session).await?;
    if entry::is_position(&args.claim) {
        return entry::run(session, &client, pasted_claim(&args.claim)).await;
    }
    let own = [
        ("record", args.record.as_deref().map(|record| pasted(record).to_owned())),
        ("today", session.today.map(|day| day.to_string())),
        ("lang", Some(session.language.code().to_owned())),
        ("as_of", args.as_of.day()?.map(|day| day.to_string())),
    ];
    let query = query(&[&own[..], &args.policy.parts()].concat());
    let path = format!("/explain/{}{query}", encoded(pasted_claim(&args.claim)));
    let answer = match client.bytes("GET", &path, Vec::new()).await {
        // What is the id of no claim may be that of an entry.
        Err(problem) if problem.words.key == "claim_nowhere" => {
            return entry::run(session, &client, pasted_claim(&args.claim)).await;
        }
        answer => answer?,
    };
    let explanation: Explanation = client::read(&answer)?;
    let ids = Ids::on_page(&client, &answer).await?;
    let who: Who = client.get("/who").await?;
    session.printer.either(&explanation, |told| {
        let chosen = Chosen { session, who: &who };
        let text = Explaining { session, who: &who, chosen: &chosen, ids: &ids }.text(told);
        chosen.before(Vec::new(), &told.policy, told.as_of.as_ref(), text)
    });
    Ok(DONE)
}

/// Tells one explanation.
struct Explaining<'a> {
    session: &'a Session,
    who: &'a Who,
    chosen: &'a Chosen<'a>,
    /// How many digits the claims on the page take.
    ids: &'a Ids,
}

impl Explaining<'_> {
    const fn language(&self) -> Language {
        self.session.language
    }

    /// What stands between the parts of a line.
    fn comma(&self) -> &'static str {
        self.word("policy.comma").trim_matches('"')
    }

    fn claim(&self, id: ClaimId) -> String {
        self.ids.claim(&id.to_string())
    }

    fn word(&self, key: &str) -> &'static str {
        locale::lookup(self.language(), key).unwrap_or_default()
    }

    fn text(&self, told: &Explanation) -> String {
        let refs: Vec<_> = told.accounts.iter().flat_map(|claim| claim.refs.clone()).collect();
        let value = told
            .value
            .as_ref()
            .map(|value| value_in_words(self.session, self.who, told.record.record, &told.prop, value, &refs));
        let colon = self.session.printer.colon();
        let head = format!("{}{colon} {}", property_word(self.language(), &told.prop), value.unwrap_or_default());
        let record =
            locale::format(self.language(), "policy.on_record", &[("record", &self.chosen.name(&told.record))]);
        // A record without a label is called by its id.
        let id = told.record.record.to_string();
        let id = if record.contains(&id) { String::new() } else { format!(" · {id}") };
        let mut out = vec![
            self.session.printer.styled(&hanging("", &head, width()), Style::Strong),
            hanging("", &format!("{record}{id} · [{}]", self.claim(told.claim)), width()),
        ];
        out.push(self.section("explain.place", self.place(told)));
        out.push(self.section("explain.said_by", self.said_by(told)));
        out.push(self.section("explain.stands_behind", self.stands_behind(&told.accounts)));
        out.push(self.section("explain.corroborated_by", self.corroborated_by(&told.accounts)));
        out.push(self.section("explain.disputed_by", self.disputed_by(&told.accounts)));
        let mut tree = Vec::new();
        let speakers = told.accounts.iter().filter_map(|claim| Some(claim.according_to.as_ref()?.record)).collect();
        told.rests_on.iter().for_each(|rested| self.tree(rested, (1, &speakers), &mut tree));
        out.push(self.section("explain.rests_on", tree));
        out.extend(self.independent(told));
        out.extend(self.told_if("explain.shares", told, &told.shares));
        out.extend(self.told_if("explain.contested_by", told, &told.contested_by));
        out.join("\n")
    }

    fn section(&self, key: &str, mut lines: Vec<String>) -> String {
        if lines.is_empty() {
            lines.push(hanging("  ", self.word("explain.nobody"), width()));
        }
        format!("\n{}\n{}", self.session.printer.styled(self.word(key), Style::Strong), lines.join("\n"))
    }

    fn told_if(&self, key: &str, told: &Explanation, briefs: &[Brief]) -> Option<String> {
        let lines = briefs.iter().map(|brief| hanging("  • ", &self.brief(told, brief), width()));
        let lines: Vec<String> = lines.collect();
        (!lines.is_empty()).then(|| self.section(key, lines))
    }

    fn place(&self, told: &Explanation) -> Vec<String> {
        let mut lines = vec![self.word(&format!("place.{}", told.place.name())).to_owned()];
        lines.extend(told.because.iter().map(|why| self.word(&format!("because.{}", why.name())).to_owned()));
        let replacing = told.accounts.iter().flat_map(|claim| &claim.replaced_by);
        lines
            .extend(replacing.map(|claim| {
                locale::format(self.language(), "explain.replaced_by", &[("claim", &self.claim(*claim))])
            }));
        if let Some(found) = told.corroboration.as_ref().filter(|_| told.place != Place::LeftOut) {
            let counted = |key: &str, count: usize| {
                locale::counted(self.language(), key, u64::try_from(count).unwrap_or(u64::MAX), &[])
            };
            let organisations = counted("organisations", found.organisations);
            let sources = counted("independent_sources", found.independent_sources);
            let values = [("organisations", organisations.as_str()), ("sources", sources.as_str())];
            let count = locale::format(self.language(), "format.corroboration", &values);
            lines.push(format!("{count} ({})", self.word("view.computed")));
            lines.extend(found.incomplete.then(|| self.word("explain.incomplete").to_owned()));
        }
        if let Some(circle) = &told.circular {
            let links: Vec<String> = circle.through.iter().map(|link| self.chosen.origin(link)).collect();
            lines.push(links.join(" ← "));
        }
        lines.iter().map(|line| hanging("  ", line, width())).collect()
    }

    fn said_by(&self, told: &Explanation) -> Vec<String> {
        let body = told.accounts.iter().find_map(|claim| claim.according_to.as_ref());
        let body = body.map(|body| format!("{} {}", self.word("view.according_to"), self.chosen.name(body)));
        let body = body.map(|body| hanging("  ", &body, width()));
        let lines = told.said_by.iter().map(|said| {
            let name = organisation_name(self.who, said.organisation, self.language());
            let (key, entry) = (self.word("view.key"), self.word("view.entry"));
            let standing = self.word(&format!("standing.{}", said.standing.name()));
            let (author, id) = (said.author.to_short(), self.ids.claim(&said.entry.to_string()));
            let (comma, colon) = (self.comma(), self.session.printer.colon());
            let claimed = self.word("view.claimed_time");
            let place = format!("{key} {author} #{}{comma}{entry} {id}", said.seq);
            hanging("  • ", &format!("{name}{comma}{} ({claimed}){comma}{place}{colon} {standing}", said.time), width())
        });
        body.into_iter().chain(lines).collect()
    }

    fn stands_behind(&self, accounts: &[ShownClaim]) -> Vec<String> {
        let all: BTreeSet<_> = accounts.iter().flat_map(|claim| &claim.stands_behind).collect();
        let name = |id| hanging("  • ", &organisation_name(self.who, id, self.language()), width());
        all.into_iter().map(|id| name(*id)).collect()
    }

    fn disputed_by(&self, accounts: &[ShownClaim]) -> Vec<String> {
        accounts.iter().flat_map(|claim| self.opinions(claim, "dispute")).collect()
    }

    /// Who says that he found the same by himself: his own word, of which nothing is computed.
    fn corroborated_by(&self, accounts: &[ShownClaim]) -> Vec<String> {
        let mut lines: Vec<String> = accounts.iter().flat_map(|claim| self.opinions(claim, "corroborate")).collect();
        if !lines.is_empty() {
            lines.push(hanging("  ", self.word("explain.corroborated_rule"), width()));
        }
        lines
    }

    /// What organisations say of a claim in one sense, each in a line.
    fn opinions(&self, claim: &ShownClaim, stance: &str) -> Vec<String> {
        let told = claim.opinions.iter().filter(|opinion| opinion.stance == stance).map(|opinion| {
            let name = organisation_name(self.who, opinion.organisation, self.language());
            let reason = opinion.reason.as_deref().map(|code| locale::code(self.language(), "dispute_reason", code));
            let words = reason.into_iter().chain(opinion.text.as_deref()).map(|text| self.session.apart(text));
            let earlier =
                if opinion.on_earlier { format!(" ({})", self.word("view.earlier_version")) } else { String::new() };
            let parts: Vec<String> = [format!("{name}{earlier}")].into_iter().chain(words).collect();
            hanging("  • ", &parts.join(&format!("{} ", self.session.printer.colon())), width())
        });
        told.collect()
    }

    /// The origins that the claims of this value lead to, each with its claims, and the rule by which they are counted.
    fn independent(&self, told: &Explanation) -> Option<String> {
        let found = told.corroboration.as_ref().filter(|_| told.place != Place::LeftOut)?;
        let comma = self.comma();
        let listed = |claims: &[ClaimId]| claims.iter().map(|id| self.claim(*id)).collect::<Vec<_>>().join(comma);
        let mut lines: Vec<String> = Vec::new();
        let shown = found.groups.iter().take(ORIGINS);
        lines.extend(shown.map(|group| {
            let root = self.chosen.origin_of_words(&group.root, &speakers(told, &group.claims));
            let text = format!("{root} [{}]", listed(&group.claims));
            hanging("  • ", &text, width())
        }));
        let more = found.groups.len().saturating_sub(ORIGINS);
        lines.extend((more > 0).then(|| format!("    +{more}")));
        for (key, claims) in [("explain.repeats", &found.derivative), ("explain.no_basis", &found.without_basis)] {
            let line = || locale::format(self.language(), key, &[("claims", &listed(claims))]);
            lines.extend((!claims.is_empty()).then(|| hanging("  ", &line(), width())));
        }
        lines.push(hanging("  ", self.word("explain.independent_rule"), width()));
        Some(self.section("explain.independent", lines))
    }

    fn tree(&self, rested: &Rested, (depth, speakers): (usize, &BTreeSet<RecordId>), lines: &mut Vec<String>) {
        let mut text = self.chosen.origin_of_words(&rested.on, speakers);
        text.extend(
            rested.locator.as_deref().map(|locator| format!("{}{}", self.comma(), self.session.apart(locator))),
        );
        text.extend(rested.copy_of.as_ref().map(|record| {
            let record = self.chosen.name(record);
            format!(" ({})", locale::format(self.language(), "explain.copy_of", &[("record", &record)]))
        }));
        for (is_so, key) in [
            (rested.root, "explain.root"),
            (rested.comes_back, "explain.comes_back"),
            (rested.withdrawn, "explain.withdrawn"),
        ] {
            text.extend(is_so.then(|| format!(" — {}", self.word(key))));
        }
        lines.push(hanging(&format!("{:1$}← ", "", depth.saturating_mul(2)), &text, width()));
        rested.rests_on.iter().for_each(|further| self.tree(further, (depth.saturating_add(1), speakers), lines));
    }

    fn brief(&self, told: &Explanation, brief: &Brief) -> String {
        let name = organisation_name(self.who, brief.organisation, self.language());
        let body = brief
            .according_to
            .as_ref()
            .map(|body| format!("{}{} {}", self.comma(), self.word("view.according_to"), self.chosen.name(body)));
        let refs: Vec<_> = told.accounts.iter().flat_map(|claim| claim.refs.clone()).collect();
        let in_words = |value| in_a_line(self.session, self.who, &told.record, &told.prop, value, &refs);
        let value = brief.value.as_ref().map(in_words);
        format!(
            "{name}{}{} {} [{}]",
            body.unwrap_or_default(),
            self.session.printer.colon(),
            value.unwrap_or_default(),
            self.claim(brief.claim)
        )
    }
}

/// The bodies that claims are according to.
fn speakers(told: &Explanation, claims: &[ClaimId]) -> BTreeSet<RecordId> {
    let own = told.accounts.iter().map(|claim| (claim.id, claim.according_to.as_ref()));
    let others = told.shares.iter().map(|brief| (brief.claim, brief.according_to.as_ref()));
    let cited = own.chain(others).filter(|(claim, _)| claims.contains(claim));
    cited.filter_map(|(_, body)| Some(body?.record)).collect()
}
