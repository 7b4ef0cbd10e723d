//! Who takes part: organisations, their keys and acts. Some have two nodes, so that colleagues write one narrative apart.

use std::collections::BTreeMap;

use isnad_protocol::act::{
    Act, Body, Charter, DecodeError, Grant, GrantSubject, Name, OrganisationBody, OrganisationKind, Place, Role, Roots,
    founding, next_key_hash,
};
use isnad_protocol::encoding::json::Object;
use isnad_protocol::id::{ActId, ConsortiumId, NodeId, OpenSpace, OrganisationId, SpaceId};
use isnad_protocol::key::{PublicKey, SecretKey};

use super::administrator::{Administrator, admin};
use super::random::Random;

/// The keys of one node.
#[derive(Debug)]
pub(super) struct Keys {
    /// Whose node it is: an index into the organisations.
    pub(super) owner: usize,
    pub(super) organisation: OrganisationId,
    pub(super) node: NodeId,
    /// What its node key is made of.
    pub(super) node_seed: [u8; 32],
    /// Signs in `members`.
    pub(super) contributor: SecretKey,
    /// Signs in `public`.
    pub(super) publisher: SecretKey,
    /// Granted by a later act alone.
    pub(super) late: SecretKey,
    /// Attests: one node of each organisation has such a key.
    pub(super) attester: Option<SecretKey>,
    /// What the first three are made of.
    pub(super) seeds: [[u8; 32]; 3],
}

impl Keys {
    /// Draws keys for a node whose node key is known. Whose they are is known once a first act grants them.
    fn draw(owner: usize, node_seed: [u8; 32], attests: bool, random: &mut Random) -> Self {
        let seeds = [random.bytes(), random.bytes(), random.bytes()];
        let [contributor, publisher, late] = seeds.map(|seed| SecretKey::from_seed(&seed));
        let attester = attests.then(|| SecretKey::from_seed(&random.bytes()));
        let node = NodeId::new(*SecretKey::from_seed(&node_seed).public().as_bytes());
        let organisation = OrganisationId::ZERO;
        Self { owner, organisation, node, node_seed, contributor, publisher, late, attester, seeds }
    }

    /// A thief's or a careless administrator's copy.
    pub(super) fn copied(&self) -> Self {
        let copy = |seed: &[u8; 32]| SecretKey::from_seed(seed);
        Self {
            owner: self.owner,
            organisation: self.organisation,
            node: self.node,
            node_seed: self.node_seed,
            contributor: copy(&self.seeds[0]),
            publisher: copy(&self.seeds[1]),
            late: copy(&self.seeds[2]),
            // Two nodes that attest with one key are another fault.
            attester: None,
            seeds: self.seeds,
        }
    }
}

/// A founded consortium, and the acts that come later.
#[derive(Debug)]
pub(super) struct Consortium {
    pub(super) id: ConsortiumId,
    pub(super) members: SpaceId,
    pub(super) public: SpaceId,
    /// Charter and first acts, signed by all.
    pub(super) founding: Vec<Act>,
    /// By organisation: its second act, which grants the late keys of its nodes.
    pub(super) grants: Vec<Act>,
    /// By organisation: the next charter's draft, signed by that one alone.
    pub(super) drafts: Vec<Act>,
    pub(super) nodes: Vec<Keys>,
    /// By organisation.
    pub(super) administrators: Vec<Administrator>,
}

/// An organisation that was taken out, and what it comes back as: under a new first act, with new keys on the same nodes.
#[derive(Debug)]
pub(super) struct Returning {
    pub(super) organisation: OrganisationId,
    /// Its first act, and the next.
    pub(super) acts: [Act; 2],
    /// By node, until that has them.
    pub(super) keys: BTreeMap<usize, Keys>,
    /// Until it is back.
    pub(super) administrator: Option<Administrator>,
}

impl Returning {
    /// Draws it for an organisation's nodes.
    pub(super) fn draw(
        consortium: ConsortiumId,
        nodes: &BTreeMap<usize, &Keys>,
        random: &mut Random,
    ) -> Result<Self, DecodeError> {
        let owner = nodes.values().next().map_or(0, |keys| keys.owner);
        let all = nodes.values().enumerate();
        let mut sets: Vec<Keys> = all.map(|(at, keys)| Keys::draw(owner, keys.node_seed, at == 0, random)).collect();
        let founder = Founder::new(owner, [random.bytes(), random.bytes()], None, &mut sets)?;
        let acts = [founder.act.clone(), founder.grant(owner, consortium, &sets)?];
        let mut administrator = Administrator::new(consortium, acts.to_vec(), founder.seeds, random);
        administrator.keys = sets.iter().flat_map(|keys| [keys.contributor.public(), keys.late.public()]).collect();
        administrator.is_honest = false;
        let keys = nodes.keys().copied().zip(sets).collect();
        Ok(Self { organisation: founder.id, acts, keys, administrator: Some(administrator) })
    }
}

/// The roots of an organisation are never in a node.
struct Founder {
    root: SecretKey,
    /// What this root key and the next are made of.
    seeds: [[u8; 32]; 2],
    act: Act,
    id: OrganisationId,
}

impl Consortium {
    /// Founds a consortium of so many organisations, with so many nodes: the first organisations have two. Where `claims_root`, the
    /// last organisation calls the first one's root key its own as well.
    pub(super) fn found(
        random: &mut Random,
        organisations: usize,
        nodes: usize,
        claims_root: bool,
    ) -> Result<Self, DecodeError> {
        let mut sets: Vec<Keys> = (0..nodes)
            .map(|number| {
                let node_seed = random.bytes();
                Keys::draw(number % organisations, node_seed, number < organisations, random)
            })
            .collect();
        let mut founders: Vec<Founder> = Vec::new();
        for owner in 0..organisations {
            let claims = claims_root && owner > 0 && owner + 1 == organisations;
            let claimed = founders.first().filter(|_| claims).map(|first| first.root.public());
            founders.push(Founder::new(owner, [random.bytes(), random.bytes()], claimed, &mut sets)?);
        }
        let founding = found(&founders)?;
        let charter = founding.first().map(founding::consortium).unwrap_or(ConsortiumId::ZERO);
        let grants = founders.iter().enumerate().map(|(owner, founder)| founder.grant(owner, charter, &sets));
        let grants = grants.collect::<Result<Vec<_>, _>>()?;
        let drafts = founders.iter().map(|founder| draft(founder, charter, &founders)).collect::<Result<_, _>>()?;
        let [members, public] = [OpenSpace::Members, OpenSpace::Public].map(|space| space.id(&charter));
        let administrators = founders.iter().zip(&grants).map(|(founder, grant)| {
            Administrator::new(charter, vec![founder.act.clone(), grant.clone()], founder.seeds, random)
        });
        let administrators = administrators.collect();
        Ok(Self { id: charter, members, public, founding, grants, drafts, nodes: sets, administrators })
    }
}

impl Founder {
    fn new(
        owner: usize,
        seeds: [[u8; 32]; 2],
        claimed: Option<PublicKey>,
        sets: &mut [Keys],
    ) -> Result<Self, DecodeError> {
        let [root, next] = seeds.map(|seed| SecretKey::from_seed(&seed));
        let next = vec![next_key_hash(&next.public())];
        let mut keys: Vec<PublicKey> = claimed.into_iter().chain([root.public()]).collect();
        keys.sort_unstable();
        let roots = Roots { keys, next, next_threshold: 1, threshold: 1 };
        let subject = GrantSubject::of_roots(&roots.keys);
        let mut grants = vec![Grant::of(&admin(seeds[0]), &subject, Role::Admin, "admin")];
        for keys in sets.iter().filter(|keys| keys.owner == owner) {
            let node = SecretKey::from_seed(&keys.node_seed);
            grants.push(Grant::of(&keys.contributor, &subject, Role::Contributor, "desk"));
            grants.push(Grant::of(&keys.publisher, &subject, Role::Publisher, "desk"));
            grants.push(Grant::of(&node, &subject, Role::Reader, "node"));
            let attester = keys.attester.iter();
            grants.extend(attester.map(|key| Grant::of(key, &subject, Role::Node, "attests")));
        }
        let names = vec![Name { lang: "en".to_owned(), text: format!("Organisation {owner}") }];
        let act = founding::organisation(OrganisationKind::Ngo, names, roots, grants, true)?;
        let signature = act.sign(OrganisationId::ZERO, &root);
        let act = act.with_signature(signature);
        let id = OrganisationId::new(*act.id().as_bytes());
        sets.iter_mut().filter(|keys| keys.owner == owner).for_each(|keys| keys.organisation = id);
        Ok(Self { root, seeds, act, id })
    }

    fn grant(&self, owner: usize, consortium: ConsortiumId, sets: &[Keys]) -> Result<Act, DecodeError> {
        let subject = GrantSubject::of_organisation(self.id);
        let own = sets.iter().filter(|keys| keys.owner == owner);
        let mut grants: Vec<Grant> =
            own.map(|keys| Grant::of(&keys.late, &subject, Role::Contributor, "late")).collect();
        grants.sort_by_key(|grant| grant.key);
        let body = Body::Organisation(OrganisationBody { grants, ..OrganisationBody::default() });
        let act = Act::draft(Place { version: 2, consortium, scope: self.act.id(), previous: self.act.id() }, &body)?;
        let signature = act.sign(self.id, &self.root);
        Ok(act.with_signature(signature))
    }
}

fn found(founders: &[Founder]) -> Result<Vec<Act>, DecodeError> {
    let ids: Vec<OrganisationId> = founders.iter().map(|founder| founder.id).collect();
    let mut charter = founding::charter("Simulated", ids, threshold(founders), Object::new(), Object::new())?;
    for founder in founders {
        let signature = charter.sign(founder.id, &founder.root);
        charter = charter.with_signature(signature);
    }
    Ok([charter].into_iter().chain(founders.iter().map(|founder| founder.act.clone())).collect())
}

fn draft(founder: &Founder, consortium: ConsortiumId, founders: &[Founder]) -> Result<Act, DecodeError> {
    let first = ActId::new(*consortium.as_bytes());
    let ids = founders.iter().map(|founder| founder.id).collect();
    let body = Body::Charter(Charter::new("Simulated, amended", ids, threshold(founders)));
    let act = Act::draft(Place { version: 2, consortium, scope: first, previous: first }, &body)?;
    let signature = act.sign(founder.id, &founder.root);
    Ok(act.with_signature(signature))
}

const fn threshold(founders: &[Founder]) -> u64 {
    founders.len() as u64 / 2 + 1
}
