//! Help, and what is told of a command that was written wrong, in the reader's language.
//!
//! English stands in the doc comments of [`crate::args`]. Other languages say the same under `help.<command>` and
//! `help.<command>.<argument>` of the locale, `help.<command>.long` for what follows the first sentence, `help.any.<argument>`
//! for what several commands share and `help.value.<value>`. What they lack is shown in English; a test lists it.

use clap::builder::{Resettable, StyledStr};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory, FromArgMatches};
use isnad_protocol::locale::{self, Language};

use crate::args::{Cli, SIGNING};
use crate::error::{Problem, exit};
use crate::output::{pasted_argument, squeezed};

/// Reads the arguments of this process; help is in the language given.
///
/// # Errors
/// What clap says, of help too.
pub(crate) fn parse(language: Language) -> Result<Cli, clap::Error> {
    let mut command = Cli::command();
    // Built first, so that what clap adds by itself is told too, and what every command takes stands with each.
    command.build();
    command = narrow(reading_alone(command));
    if language != Language::En {
        command = told(command, language, "");
    }
    let matches = command.try_get_matches_from_mut(std::env::args_os().map(pasted_argument))?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Commands that sign nothing: what comes before a signature is no news to who asks for their help.
const READS: [&str; 19] = [
    "audit",
    "backup",
    "carry",
    "completions",
    "demo",
    "digest",
    "due",
    "explain",
    "export",
    "history",
    "list",
    "node",
    "repair",
    "restore",
    "show",
    "status",
    "tasks",
    "who",
    "help",
];

/// The commands without what they take and have no use for.
fn reading_alone(command: Command) -> Command {
    let is_of_signing = |arg: &Arg| arg.get_help_heading() == Some(SIGNING);
    let hidden = move |arg: Arg| if is_of_signing(&arg) { arg.hide(true) } else { arg };
    command.mut_subcommands(move |below| {
        let reads = READS.contains(&below.get_name());
        if reads { without(below, hidden) } else { below }
    })
}

fn without(command: Command, hidden: impl Fn(Arg) -> Arg + Copy) -> Command {
    command.mut_args(hidden).mut_subcommands(|below| without(below, hidden))
}

/// Columns that a usage takes, behind the word for it.
const USAGE: usize = 70;

/// The commands with a usage in lines that every terminal shows whole. Clap puts it on one, however long.
fn narrow(command: Command) -> Command {
    command.mut_subcommands(|below| {
        let below = narrow(below);
        let usage = below.clone().render_usage().to_string();
        let usage = squeezed(usage.trim_start_matches("Usage: "));
        if usage.chars().count() > USAGE { below.override_usage(in_lines(&usage)) } else { below }
    })
}

/// A usage in lines; no option is parted from its value.
fn in_lines(usage: &str) -> String {
    let mut lines = vec![String::new()];
    let mut words = usage.split(' ').peekable();
    while let Some(word) = words.next() {
        let value = words.next_if(|next| word.starts_with("--") && next.starts_with('<'));
        let part = [Some(word), value].into_iter().flatten().collect::<Vec<_>>().join(" ");
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = part,
            Some(line) if line.chars().count().saturating_add(part.chars().count()) < USAGE => {
                line.push_str(&format!(" {part}"));
            }
            _ => lines.push(format!("    {part}")),
        }
    }
    lines.join("\n")
}

/// Clap's own order of parts, with its one word of English.
fn template(language: Language) -> String {
    let usage = locale::said(language, "Usage");
    format!("{{before-help}}{{about-with-newline}}\n{usage}: {{usage}}\n\n{{all-args}}{{after-help}}")
}

/// A command and those below it. `path` is `record.new` for `isnad record new`, and empty for `isnad`.
fn told(command: Command, language: Language, path: &str) -> Command {
    let mut command = command
        .help_template(template(language))
        .subcommand_help_heading(locale::said(language, "Commands"))
        .mut_args(|arg| told_argument(arg, language, path))
        .mut_subcommands(|below| {
            // What stands below `help` are the commands themselves.
            let path = if below.get_name() == "help" { path.to_owned() } else { joined(path, below.get_name()) };
            told(below, language, &path)
        });
    let key = match (command.get_name(), path) {
        ("help", _) => "any.help_command",
        (_, "") => "isnad",
        _ => path,
    };
    if let Some(about) = text(language, key) {
        let long = text(language, &format!("{key}.long")).map(|long| format!("{about}\n\n{long}"));
        command = command.about(about).long_about(Resettable::from(long.map(StyledStr::from)));
    }
    match text(language, &format!("{key}.after")) {
        Some(after) => command.after_help(after),
        None => command,
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// A text of the locale; where it breaks its lines stands `\n`.
fn text(language: Language, key: &str) -> Option<String> {
    locale::lookup(language, &format!("help.{key}")).map(|text| text.replace("\\n", "\n"))
}

/// A text that several arguments share: that of the locale where it says in English what this one says.
fn shared(language: Language, key: &str, english: &str) -> Option<String> {
    text(language, key).filter(|_| text(Language::En, key).as_deref() == Some(english))
}

fn told_argument(arg: Arg, language: Language, path: &str) -> Arg {
    let id = arg.get_id().to_string();
    let english = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let help = match id.as_str() {
        // Clap's own.
        "help" | "version" => text(language, &format!("any.{id}")),
        _ => text(language, &joined(path, &id))
            .or_else(|| shared(language, &format!("any.{id}"), &english))
            // An option of every command is told where it stands, at the top.
            .or_else(|| text(language, &id).filter(|_| arg.is_global_set())),
    };
    let heading = arg.get_help_heading().unwrap_or(if arg.is_positional() { "Arguments" } else { "Options" });
    let heading = locale::phrase(language, heading);
    let help = help.unwrap_or(english);
    let (short, long) = with_values(&arg, language, &help);
    let arg = arg.hide_possible_values(true).hide_default_value(true).hide_env(true).help(short).long_help(long);
    match heading {
        Some(heading) => arg.help_heading(heading),
        None => arg,
    }
}

/// Help with the values that an argument takes and the one that it has by default, shortly and in full.
fn with_values(arg: &Arg, language: Language, help: &str) -> (String, String) {
    let (mut short, mut long) = (help.to_owned(), help.to_owned());
    let colon = if language == Language::Fr { " :" } else { ":" };
    let default: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    // A flag is off by default, which nobody need be told.
    let takes_values = arg.get_num_args().is_none_or(|count| count.takes_values());
    if takes_values && !default.is_empty() {
        let default = format!(" [{}{colon} {}]", locale::said(language, "default"), default.join(" "));
        short.push_str(&default);
        long.push_str(&default);
    }
    if let Some(variable) = arg.get_env() {
        let variable = format!(" [{}{colon} {}]", locale::said(language, "environment"), variable.to_string_lossy());
        short.push_str(&variable);
        long.push_str(&variable);
    }
    let values = if arg.is_hide_possible_values_set() { Vec::new() } else { arg.get_possible_values() };
    if takes_values && !values.is_empty() {
        let title = locale::said(language, "possible values");
        let names: Vec<String> = values.iter().map(|value| with_word(language, value.get_name())).collect();
        short.push_str(&format!(" [{title}{colon} {}]", names.join(", ")));
        long.push_str(&format!("\n\n{title}{colon}"));
        for value in &values {
            let english = value.get_help().map(ToString::to_string).unwrap_or_default();
            let said = shared(language, &format!("value.{}", value.get_name()), &english).unwrap_or(english);
            long.push_str(&format!("\n- {}: {said}", with_word(language, value.get_name())));
        }
    }
    (short, long)
}

/// A value of an option, with the word that a reader of another language may write for it.
fn with_word(language: Language, value: &str) -> String {
    let word = locale::phrase(language, value).or_else(|| locale::lookup(language, &format!("space.{value}")));
    let word = word.filter(|word| *word != value);
    word.map_or_else(|| value.to_owned(), |word| format!("{value} ({word})"))
}

/// Such values in a row: one that has no word is followed by what it does.
fn with_words(language: Language, values: &ContextValue) -> String {
    let ContextValue::Strings(values) = values else { return written(values) };
    let told = values.iter().map(|value| {
        let word = with_word(language, value);
        let said = text(language, &format!("value.{value}")).filter(|_| word == *value);
        said.map_or_else(|| word.clone(), |said| format!("{value} ({said})"))
    });
    told.collect::<Vec<_>>().join(&format!("{} ", locale::word(language, "speech.comma")))
}

/// What clap says of arguments that it does not understand, in the parts that every error has.
pub(crate) fn misused(error: &clap::Error, language: Language) -> Problem {
    if language == Language::En {
        return misused_in_english(error);
    }
    let context = |kind: ContextKind| error.get(kind).map(written).unwrap_or_default();
    let usage = context(ContextKind::Usage);
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let argument = context(ContextKind::InvalidArg);
    let value = context(ContextKind::InvalidValue);
    let known = error.get(ContextKind::ValidValue).map(|values| with_words(language, values)).unwrap_or_default();
    let key = match error.kind() {
        ErrorKind::UnknownArgument => "misused.unknown_argument",
        ErrorKind::InvalidSubcommand => "misused.unknown_command",
        ErrorKind::MissingSubcommand => "misused.missing_command",
        ErrorKind::MissingRequiredArgument => "misused.missing_argument",
        ErrorKind::InvalidValue if value.is_empty() => "misused.no_value",
        ErrorKind::InvalidValue if !known.is_empty() => "misused.invalid_value.one_of",
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => "misused.invalid_value",
        ErrorKind::ArgumentConflict if context(ContextKind::PriorArg) != argument => "misused.conflict",
        ErrorKind::ArgumentConflict | ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues => "misused.repeated",
        _ => "misused",
    };
    let command = named_in(&usage);
    let usage = if usage.is_empty() { format!("{command} …") } else { usage };
    let suggested = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let suggested = suggested.into_iter().map(context).find(|found| !found.is_empty()).unwrap_or_default();
    let values = [
        ("argument", &*argument),
        ("value", &value),
        ("values", &known),
        ("other", &context(ContextKind::PriorArg)),
        ("command", &context(ContextKind::InvalidSubcommand)),
        ("usage", &usage),
        ("help", &command.replacen("isnad", "isnad help", 1)),
        ("suggested", &suggested),
    ];
    let problem = Problem::told(exit::USAGE, "usage", key, &values);
    if suggested.is_empty() { problem } else { problem.and("misused.suggested") }
}

/// What clap names, on one line.
fn written(value: &ContextValue) -> String {
    let text = match value {
        ContextValue::Strings(several) => several.join(", "),
        ContextValue::StyledStr(text) => text.to_string(),
        ContextValue::StyledStrs(several) => several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    squeezed(&text)
}

/// The command that a usage is of.
fn named_in(usage: &str) -> String {
    let is_name = |word: &&str| word.starts_with(|letter: char| letter.is_ascii_lowercase());
    let command = usage.split(' ').take_while(is_name).collect::<Vec<_>>().join(" ");
    if command.is_empty() { "isnad".to_owned() } else { command }
}

fn misused_in_english(error: &clap::Error) -> Problem {
    let text = error.render().to_string();
    let mut parts = text.split("\n\n").map(squeezed);
    let what = parts.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let (what, values) = what.split_once(" [possible values: ").unwrap_or((&what, ""));
    let mut why =
        if values.is_empty() { String::new() } else { format!("it is one of {}", values.trim_end_matches(']')) };
    let (mut tip, mut command) = (String::new(), "isnad".to_owned());
    for part in parts {
        if let Some(usage) = part.strip_prefix("Usage: ") {
            why = format!("it is written: {usage}");
            command = named_in(usage);
        } else if let Some(said) = part.strip_prefix("tip: ") {
            tip = format!("{said}; or ");
        }
    }
    if why.is_empty() {
        "this is not how the command is written".clone_into(&mut why);
    }
    let help = command.replacen("isnad", "isnad help", 1);
    Problem::usage(what, why, format!("{tip}see `{help}`"))
}

#[cfg(test)]
mod tests;
