//! What every command needs: the home, the language, the reader's day, the passphrase, and the way to a node.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use isnad_node::clock;
use isnad_node::config::Config;
use isnad_node::fault::Fault;
use isnad_node::home::{self, Home};
use isnad_node::keystore::{Passphrase, Unlocker};
use isnad_protocol::locale::{self, Language};
use isnad_protocol::time::{Day, Timestamp};
use zeroize::Zeroizing;

use crate::args::{Cli, Command, Lang, PassphraseArgs, SigningArgs, day_said};
use crate::error::{Problem, exit};
use crate::output::{Printer, apart};

/// Where a demo home keeps its passphrase: it holds nothing secret, and says so.
pub(crate) const DEMO_PASSPHRASE: &str = "demo-passphrase";

/// One run of the command.
#[derive(Debug)]
pub(crate) struct Session {
    /// Prints.
    pub(crate) printer: Printer,
    /// The language of what is shown.
    pub(crate) language: Language,
    /// The reader's day, if it was given.
    pub(crate) today: Option<Day>,
    /// True if what would be signed is to be shown, and nothing signed.
    pub(crate) preview: bool,
    /// True if nobody is to be asked before signing.
    pub(crate) yes: bool,
    /// True if persons whom nothing accuses are declared to be neither victims nor witnesses.
    pub(crate) not_victim_or_witness: bool,
    home: PathBuf,
    passphrase: PassphraseArgs,
}

impl Session {
    /// Takes the global arguments apart from the command.
    pub(crate) fn new(cli: Cli, printer: Printer) -> Result<(Self, Command), Problem> {
        let environment = |name: &str| std::env::var_os(name);
        let home = match cli.home {
            Some(home) => home,
            None => home::default_path(environment("XDG_DATA_HOME"), environment("HOME"))?,
        };
        let today = cli
            .today
            .as_deref()
            .map(day_said)
            .transpose()
            .map_err(|error| Problem::told(exit::USAGE, "usage", "today", &[("reason", &error.to_string())]))?;
        let language = match cli.lang {
            Some(Lang::Ar) => Language::Ar,
            Some(Lang::En) => Language::En,
            Some(Lang::Fr) => Language::Fr,
            None => language_of_home(&home).unwrap_or_else(language_of_environment),
        };
        let printer = printer.speaking(language);
        let SigningArgs { preview, yes, not_victim_or_witness } = cli.signing;
        let passphrase = cli.passphrase;
        let session = Self { printer, language, today, preview, yes, not_victim_or_witness, home, passphrase };
        Ok((session, cli.command))
    }

    /// A word in the reader's language.
    pub(crate) fn word<'a>(&self, key: &'a str) -> &'a str {
        locale::word(self.language, key)
    }

    /// The reader's day, which is today if none was given.
    pub(crate) fn day(&self) -> Day {
        self.today.unwrap_or_else(|| Timestamp(clock::now_ms()).day())
    }

    /// Text of others in one line, isolated among words of the reader's language.
    pub(crate) fn apart(&self, text: &str) -> String {
        apart(text, self.language.direction())
    }

    /// What something is called, and what it is.
    pub(crate) fn field(&self, name: &str, text: &str) -> String {
        format!("{name}{} {text}", self.printer.colon())
    }

    /// Where the home is or is to be.
    pub(crate) const fn home_path(&self) -> &PathBuf {
        &self.home
    }

    /// Opens the home that is there.
    pub(crate) fn home(&self) -> Result<Home, Problem> {
        Ok(Home::open(&self.home)?)
    }

    /// Reads the passphrase of the home's keys: from a file, a descriptor, or a person.
    pub(crate) fn unlocker(&self) -> Result<Unlocker, Problem> {
        Ok(Unlocker::new(self.read_passphrase("prompt.passphrase")?))
    }

    /// Reads a new passphrase, twice where a person types it.
    pub(crate) fn new_unlocker(&self) -> Result<Unlocker, Problem> {
        if self.passphrase.passphrase_file.is_some() || self.passphrase.passphrase_fd.is_some() {
            return self.unlocker();
        }
        let first = self.prompt("prompt.new_passphrase")?;
        if first != self.prompt("prompt.again")? {
            return Err(Problem::told(exit::USAGE, "usage", "passphrases_differ", &[]));
        }
        Ok(Unlocker::new(Passphrase::new(first)?))
    }

    fn read_passphrase(&self, question: &str) -> Result<Passphrase, Problem> {
        if let Some(path) = &self.passphrase.passphrase_file {
            return Passphrase::from_file(path).map_err(misnamed);
        }
        if let Some(number) = self.passphrase.passphrase_fd {
            return Passphrase::from_descriptor(number).map_err(misnamed);
        }
        let demo = self.home.join(DEMO_PASSPHRASE);
        if demo.exists() {
            return Ok(Passphrase::from_file(&demo)?);
        }
        Ok(Passphrase::new(self.prompt(question)?)?)
    }

    /// Asks a person for a passphrase, which is not shown.
    fn prompt(&self, question: &str) -> Result<Zeroizing<String>, Problem> {
        let question = format!("{} ", locale::word(self.language, question));
        rpassword::prompt_password(question).map(Zeroizing::new).map_err(|error| {
            Problem::told(exit::USAGE, "usage", "passphrase_prompt", &[("reason", &error.to_string())])
        })
    }
}

#[cfg(test)]
impl Session {
    /// One for tests of what is told: it has no home.
    pub(crate) fn of_tests(language: Language) -> Self {
        let arguments = ["isnad", "--lang", language.code(), "--home", "/nowhere", "who"];
        let cli = <Cli as clap::Parser>::parse_from(arguments);
        Self::new(cli, Printer::new(false)).expect("arguments of tests").0
    }
}

/// A file that is not there was named wrong; it is not the disk that failed.
fn misnamed(fault: Fault) -> Problem {
    match fault {
        Fault::Io { doing, path, source } => Problem::file(doing, &path, &source),
        other => other.into(),
    }
}

/// The language that arguments ask for which nobody has understood yet: help and mistakes are told in it too.
pub(crate) fn language_of(arguments: &[OsString]) -> Language {
    let given = |name: &str| {
        let with_value = format!("{name}=");
        arguments.iter().enumerate().find_map(|(index, argument)| {
            let argument = argument.to_str()?;
            let next = || arguments.get(index.checked_add(1)?).cloned();
            argument.strip_prefix(&with_value).map(OsString::from).or_else(|| (argument == name).then(next).flatten())
        })
    };
    let environment = |name: &str| std::env::var_os(name);
    let said = given("--lang").or_else(|| environment("ISNAD_LANG"));
    if let Some(language) = said.and_then(|code| Language::parse(code.to_str()?).ok()) {
        return language;
    }
    let named = given("--home").or_else(|| environment("ISNAD_HOME")).map(PathBuf::from);
    let home = named.or_else(|| home::default_path(environment("XDG_DATA_HOME"), environment("HOME")).ok());
    home.and_then(|home| language_of_home(&home)).unwrap_or_else(language_of_environment)
}

/// What isnad.toml says. A file that cannot be read is told of by the commands that need it.
fn language_of_home(home: &Path) -> Option<Language> {
    let config = Config::load(&Home::open(home).ok()?.config()).ok()?;
    config.language.and_then(|code| Language::parse(&code).ok())
}

/// Arabic or French where the environment says so, else English.
fn language_of_environment() -> Language {
    let said = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|lang| !lang.is_empty()));
    let code: String = said.unwrap_or_default().chars().take(2).collect();
    Language::parse(&code).unwrap_or(Language::En)
}

/// Sends the log to standard error: warnings, or what ISNAD_LOG asks for.
pub(crate) fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("ISNAD_LOG");
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second subscriber is none: the first one stays.
    let _ = log.try_init();
}
