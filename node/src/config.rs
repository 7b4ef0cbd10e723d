//! What the owner of a node chose, read from `isnad.toml` once and checked.

use std::fs::File;
use std::path::Path;

use isnad_protocol::limits;
use isnad_protocol::view::BodyClass;
use serde::Deserialize;

use crate::fault::Fault;
use crate::files::read_bounded;
use crate::network;

/// Bytes of a configuration: no hand writes more.
const FILE_BYTES: usize = 256 << 10;

/// Languages that have a locale.
const LANGUAGES: [&str; 3] = ["ar", "en", "fr"];

/// The configuration of a node. What the file leaves out is as in [`Config::default`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Addresses to be reached at, as multiaddrs. Empty: the node only dials.
    pub listen: Vec<String>,
    /// Addresses of peers to dial, as multiaddrs.
    pub peers: Vec<String>,
    /// Addresses that members are told, in attestations, to reach this node at.
    pub announce: Vec<String>,
    /// Seconds from something new to the attestation that names it.
    pub attest_after: u64,
    /// `ar`, `en` or `fr`; `None` follows the user's environment.
    pub language: Option<String>,
    /// Whose claims count when records are read, and who comes first.
    pub policy: PolicyTable,
}

/// The reader's policy as it is written: organisations by name or id, which only a home's acts can tell apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyTable {
    /// Organisations or classes of bodies. Empty: everyone's claims count.
    pub whose: Vec<String>,
    /// Classes of bodies, those that come first.
    pub order: Vec<String>,
    /// Organisations, those that come first.
    pub first: Vec<String>,
    /// `none`, `own`, `majority`, or an organisation. `None`: nobody's.
    pub judgements: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        let listen = ["/ip4/0.0.0.0/tcp/4747", "/ip4/0.0.0.0/udp/4747/quic-v1"];
        Self {
            listen: listen.map(str::to_owned).to_vec(),
            peers: Vec::new(),
            announce: Vec::new(),
            attest_after: limits::ATTEST_AFTER_MS / 1_000,
            language: None,
            policy: PolicyTable::default(),
        }
    }
}

impl Config {
    /// The file of a new home: every key, commented, with what it is when left out.
    #[must_use]
    pub const fn template() -> &'static str {
        TEMPLATE
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`Fault::Config`] and [`Fault::Setting`] for what is not understood, with its line; [`Fault::Io`].
    pub fn load(path: &Path) -> Result<Self, Fault> {
        let fault = |reason: &str| Fault::Config { path: path.to_owned(), line: None, reason: reason.to_owned() };
        let file = File::open(path).map_err(Fault::io("open", path))?;
        let bytes = read_bounded(file, FILE_BYTES).map_err(Fault::io("read", path))?;
        let bytes = bytes.ok_or_else(|| fault("the file is too long to be one"))?;
        let text = std::str::from_utf8(&bytes).map_err(|_| fault("the file is not UTF-8"))?;
        Self::parse(text, path)
    }

    /// Reads the text of a file; `path` is named in what goes wrong.
    ///
    /// # Errors
    /// [`Fault::Config`]; [`Fault::Setting`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, Fault> {
        let config: Self = toml::from_str(text).map_err(|error| Fault::Config {
            path: path.to_owned(),
            line: error.span().and_then(|span| line_of(text, span.start)),
            reason: error.message().to_owned(),
        })?;
        config.check(text).map_err(|(line, flaw)| Fault::Setting { path: path.to_owned(), line, flaw })?;
        Ok(config)
    }

    /// The first value that cannot be meant, with its line.
    fn check(&self, text: &str) -> Result<(), (usize, WrongValue)> {
        let Some((setting, value, flaw)) = self.flaw() else { return Ok(()) };
        let at = text.find(&value).or_else(|| text.find(setting));
        Err((at.and_then(|at| line_of(text, at)).unwrap_or(1), flaw))
    }

    /// The setting, the value as it is written, and what is wrong with it.
    fn flaw(&self) -> Option<(&'static str, String, WrongValue)> {
        for (setting, addresses) in [("listen", &self.listen), ("peers", &self.peers)] {
            if let Some(address) = addresses.iter().find(|address| !network::is_called(address)) {
                return Some((setting, address.clone(), WrongValue::Address(address.clone())));
            }
        }
        let is_told = |address: &&String| {
            address.len() <= limits::ADDRESS_BYTES
                && address.bytes().all(|at| at.is_ascii_graphic())
                && network::is_address(address)
        };
        if let Some(address) = self.announce.iter().find(|address| !is_told(address)) {
            return Some(("announce", address.clone(), WrongValue::Announced(address.clone())));
        }
        if self.attest_after > limits::ATTEST_AFTER_MOST_S {
            let found = self.attest_after;
            return Some(("attest_after", found.to_string(), WrongValue::AttestAfter(found)));
        }
        if let Some(unknown) = self.policy.order.iter().find(|class| BodyClass::parse(class).is_none()) {
            return Some(("order", unknown.clone(), WrongValue::Class(unknown.clone())));
        }
        let (known, others): (Vec<_>, Vec<_>) =
            self.policy.whose.iter().partition(|whose| BodyClass::parse(whose).is_some());
        if let Some((_, organisation)) = known.first().zip(others.first()) {
            return Some(("whose", (*organisation).clone(), WrongValue::Mixed));
        }
        let unknown = self.language.as_ref().filter(|language| !LANGUAGES.contains(&&***language));
        unknown.map(|language| ("language", language.clone(), WrongValue::Language(language.clone())))
    }
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WrongValue {
    /// No address that a node listens at or calls.
    Address(String),
    /// No address that others can be told.
    Announced(String),
    /// So late that others wait for this node's word for days.
    AttestAfter(u64),
    /// No class of bodies.
    Class(String),
    /// Organisations and classes in one list.
    Mixed,
    /// A language without a locale.
    Language(String),
}

impl WrongValue {
    /// Which text of the locale tells it, and what that names.
    pub(crate) fn told(&self) -> (&'static str, Vec<(&'static str, String)>) {
        let value = |value: &str| ("value", value.to_owned());
        match self {
            Self::Address(address) => ("config.line.address", vec![value(address)]),
            Self::Announced(address) => {
                ("config.line.announced", vec![value(address), ("most", limits::ADDRESS_BYTES.to_string())])
            }
            Self::AttestAfter(found) => {
                let most = limits::ATTEST_AFTER_MOST_S.to_string();
                ("config.line.attest_after", vec![value(&found.to_string()), ("most", most)])
            }
            Self::Class(class) => {
                let known = BodyClass::ALL.map(BodyClass::name).join(", ");
                ("config.line.class", vec![value(class), ("known", known)])
            }
            Self::Mixed => ("config.line.mixed", Vec::new()),
            Self::Language(language) => {
                ("config.line.language", vec![value(language), ("known", LANGUAGES.join(", "))])
            }
        }
    }
}

fn line_of(text: &str, at: usize) -> Option<usize> {
    text.get(..at)?.matches('\n').count().checked_add(1)
}

const TEMPLATE: &str = r#"# Configuration of an Isnad node. A line that begins with # is off; what is off is as it says here.

# Addresses at which other nodes reach this one. [] for a node that only calls others.
#listen = ["/ip4/0.0.0.0/tcp/4747", "/ip4/0.0.0.0/udp/4747/quic-v1"]

# Addresses of nodes that this one calls.
#peers = []

# Addresses at which the other members are told that this node is reached: public ones that lead to it. [] for none.
#announce = []

# Seconds until this node tells the others that it holds what is new. What is late here keeps everyone waiting for new rules.
#attest_after = 30

# Language of the command line and the page: "ar", "en" or "fr". Off: that of your environment.
#language = "en"

# How records are read here: whose claims count, and who comes first. Your own choice; nobody else is told of it, and every
# view that is not the default says so. Options of the same names on the command line go before it.
#[policy]

# Whose claims count in what is computed; the others' are shown, and marked. Organisations by name or by the beginning of
# their id, or else classes of bodies as below. [] for everyone.
#whose = []

# Which bodies come first: "court", "mandated" (international bodies and inquiries), "state", "ngo", "press", "other".
#order = []

# Which organisations come first, after that.
#first = []

# Whose judgements say that two records are the same: "none", "own", "majority", or an organisation.
#judgements = "none"
"#;

#[cfg(test)]
mod tests {
    use isnad_protocol::locale::Language;

    use super::*;

    fn parse(text: &str) -> Result<Config, Fault> {
        Config::parse(text, Path::new("isnad.toml"))
    }

    fn refused(text: &str) -> (String, String) {
        let fault = parse(text).unwrap_err();
        assert_eq!(fault.code(), "config");
        (fault.to_string(), fault.why())
    }

    #[test]
    fn template_says_what_holds_without_it() {
        assert_eq!(parse(Config::template()).unwrap(), Config::default());
        let on = Config::template().replace("\n#", "\n").replace("\n ", "\n# ");
        let policy = PolicyTable { judgements: Some("none".to_owned()), ..PolicyTable::default() };
        let expected = Config { language: Some("en".to_owned()), policy, ..Config::default() };
        assert_eq!(parse(&on).unwrap(), expected);
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let (what, why) = refused("# mine\nlisten = []\nlisten_on = []\n");
        assert_eq!(what, "isnad.toml is not understood at line 3");
        assert!(why.contains("unknown field `listen_on`"), "{why}");
        let (what, why) = refused("[policy]\nfirst = []\nfist = []\n");
        assert_eq!(what, "isnad.toml is not understood at line 3");
        assert!(why.contains("unknown field `fist`"), "{why}");
    }

    #[test]
    fn what_a_node_can_use_is_taken() {
        for text in [
            "attest_after = 0",
            "attest_after = 86400",
            "peers = [\"/ip6/2001:db8::7/udp/4747/quic-v1\", \"/ip4/192.0.2.7/tcp/4747\"]",
            "announce = [\"/dns4/example.org/tcp/4747\"]",
            "listen = [\"/ip4/127.0.0.1/tcp/0\"]",
        ] {
            assert!(parse(text).is_ok(), "{text}: {:?}", refused(text));
        }
    }

    #[test]
    fn a_wrong_value_is_told_in_three_languages() {
        let fault = parse("attest_after = 1000000000000000000").unwrap_err();
        let problem = || fault.problem(crate::problem::exit::USAGE);
        let told = [Language::Ar, Language::En, Language::Fr].map(|language| problem().in_language(language).why);
        assert!(told.iter().all(|why| why.contains("1000000000000000000") && why.contains("86400")), "{told:?}");
        assert!(told[0] != told[1] && told[1] != told[2]);
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_line() {
        for (text, line) in [
            ("peers = [\n  \"/ip4/192.0.2.7/tcp/4747\",\n  \"192.0.2.8\"\n]", 3),
            ("\nlanguage = \"tlh\"", 2),
            ("listen = \"/ip4/0.0.0.0/tcp/1\"", 1),
            ("\n\nlisten = [", 3),
            ("[policy]\norder = [\"court\",\n\"ministry\"]", 3),
            ("[policy]\n\nwhose = [\"court\", \"Organisation A\"]", 3),
            ("\npeers = ['/dns4']", 2),
            ("\npeers = [\"/dns4/example.org/tcp/4747\"]", 2),
            ("listen = [\"/ip4/0.0.0.0/udp/4747\"]", 1),
            ("\n\n\nannounce = [\"/ip4/192.0.2.7/tcp/99999\"]", 4),
            ("\nattest_after = 1000000000000000000", 2),
            ("attest_after = -1", 1),
            ("attest_after = 86_401", 1),
        ] {
            assert!(refused(text).0.ends_with(&format!("at line {line}")), "{text}: {:?}", refused(text));
        }
    }
}
