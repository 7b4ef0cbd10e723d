//! Help says the same in three languages.

use std::collections::BTreeMap;

use super::*;

/// What the doc comments say, by the key of each text.
fn english(command: &Command, path: &str, found: &mut BTreeMap<String, String>) {
    let key = if path.is_empty() { "isnad" } else { path };
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let long = command.get_long_about().map(ToString::to_string);
    if let Some(long) = long.as_deref().and_then(|long| long.strip_prefix(&format!("{about}\n\n"))) {
        found.insert(format!("{key}.long"), long.to_owned());
    }
    found.insert(key.to_owned(), about);
    if let Some(after) = command.get_after_help() {
        found.insert(format!("{key}.after"), after.to_string());
    }
    for arg in command.get_arguments() {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let (id, own) = (arg.get_id().as_str(), joined(path, arg.get_id().as_str()));
        let is_shared = shared(Language::En, &format!("any.{id}"), &help).is_some();
        if !is_shared || text(Language::En, &own).is_some() {
            found.insert(own, help);
        }
        for value in arg.get_possible_values().iter().filter(|_| !arg.is_hide_possible_values_set()) {
            let said = value.get_help().map(ToString::to_string).unwrap_or_default();
            if !said.is_empty() {
                found.insert(format!("value.{}", value.get_name()), said);
            }
        }
    }
    for below in command.get_subcommands() {
        english(below, &joined(path, below.get_name()), found);
    }
}

#[test]
fn what_the_arguments_say_in_english_stands_in_the_locale_for_the_other_languages() {
    let mut found = BTreeMap::new();
    english(&Cli::command(), "", &mut found);
    assert!(found.len() > 50, "{found:?}");
    let missing = found.iter().filter(|(key, said)| text(Language::En, key).as_ref() != Some(said));
    let missing: Vec<String> =
        missing.map(|(key, said)| format!("help.{key} = {}", said.replace('\n', "\\n"))).collect();
    assert!(missing.is_empty(), "help.txt lacks, or has otherwise:\n{}", missing.join("\n"));
}

/// The help of a command in a language.
fn help(language: Language, arguments: &[&str]) -> String {
    let mut command = Cli::command();
    command.build();
    let mut command = told(command, language, "");
    let arguments = ["isnad"].iter().chain(arguments);
    command.try_get_matches_from_mut(arguments).unwrap_err().render().to_string()
}

#[test]
fn help_is_in_the_readers_language_down_to_its_headings() {
    for (language, words) in [
        (Language::Fr, ["Utilisation", "Arguments", "Options", "Options de toutes les commandes"]),
        (Language::Ar, ["الاستعمال", "الوسائط", "الخيارات", "خيارات كل الأوامر"]),
    ] {
        for arguments in [&["help", "import"][..], &["import", "--help"], &["import", "-h"]] {
            let text = help(language, arguments);
            for word in words {
                assert!(text.contains(word), "{language}: {word} is missing in\n{text}");
            }
            for english in
                ["Usage", "Options of every command", "Print help", "possible values", "Possible", "default:"]
            {
                assert!(!text.contains(english), "{language}: {english}\n{text}");
            }
            assert!(text.contains("--space <SPACE>") && text.contains("isnad import"), "{text}");
            for english in ["Sign without", "Show what would", "Declare that", "Read the passphrase", "Judge what"] {
                assert!(!text.contains(english), "{language}: {english}\n{text}");
            }
        }
        let whole = help(language, &["help"]);
        assert!(!whole.contains("Commands") && !whole.contains("Print this message"), "{whole}");
    }
}

#[test]
fn who_asks_how_to_read_is_not_told_how_to_sign() {
    let text = |arguments: &[&str]| {
        let mut command = Cli::command();
        command.build();
        let arguments = ["isnad"].iter().chain(arguments);
        reading_alone(command).try_get_matches_from_mut(arguments).unwrap_err().render().to_string()
    };
    for command in ["status", "who", "audit", "list"] {
        let help = text(&[command, "--help"]);
        assert!(!help.contains(SIGNING) && !help.contains("--preview"), "{help}");
        assert!(help.contains("--json"), "{help}");
    }
    assert!(text(&["claim", "add", "--help"]).contains("--preview"));
    assert!(text(&["key", "revoke", "--help"]).contains("--preview"));
    // What is not told is taken all the same.
    let mut command = Cli::command();
    command.build();
    assert!(reading_alone(command).try_get_matches_from_mut(["isnad", "who", "--yes"]).is_ok());
}

#[test]
fn a_command_that_was_written_wrong_is_told_in_each_language_with_the_three_parts() {
    for arguments in [
        &["frobnicate"][..],
        &["record"],
        &["show"],
        &["show", "x", "--frob"],
        &["import", "x", "--space", "mars"],
        &["import", "x", "--space"],
        &["found", "draft", "--name", "x", "--member", "y", "--threshold", "no", "-o", "z"],
        &["--passphrase-file", "x", "--passphrase-fd", "3", "who"],
    ] {
        let arguments = ["isnad"].iter().chain(arguments).collect::<Vec<_>>();
        let error = Cli::command().try_get_matches_from(&arguments).unwrap_err();
        let told = Language::ALL.map(|language| misused(&error, language).in_language(language));
        for problem in &told {
            assert!(!problem.error.is_empty() && !problem.why.is_empty(), "{arguments:?}: {problem:?}");
            assert!(problem.advice.contains("isnad help"), "{arguments:?}: {problem:?}");
            assert!(!problem.error.contains('{') && !problem.why.contains('{'), "{problem:?}");
        }
        assert!(told[0].error != told[1].error && told[1].error != told[2].error, "{told:?}");
    }
}

#[test]
fn a_usage_fits_a_terminal_and_parts_no_option_from_its_value() {
    let mut command = Cli::command();
    command.build();
    let mut waiting = vec![narrow(command)];
    while let Some(mut command) = waiting.pop() {
        let usage = command.render_usage().to_string();
        for line in usage.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        for (line, next) in usage.lines().zip(usage.lines().skip(1)) {
            let ends_in_option = line.split_whitespace().last().is_some_and(|word| word.starts_with('-'));
            assert!(!next.trim_start().starts_with('<') || !ends_in_option, "{usage}");
        }
        waiting.extend(command.get_subcommands().cloned());
    }
    assert_eq!(
        in_lines(&format!("isnad {} --b <C>", "x".repeat(60))),
        format!("isnad {}\n    --b <C>", "x".repeat(60))
    );
}
