//! A record filled in as a form in the user's editor: what is wrong is marked, and what was typed is not lost.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use isnad_tests::binary::{Consortium, Said, command, json, refused, say};

/// An editor that does what a script says to the file it is given.
fn editor(consortium: &Consortium, name: &str, script: &str) -> String {
    let path = consortium.file(name, format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn new(home: &Path, lang: &str, editor: &str) -> Said {
    let mut command = command(home, &["--json", "--lang", lang, "record", "new", "incident", "--edit"]);
    Said::of(&command.env("EDITOR", editor).env_remove("VISUAL").output().unwrap())
}

fn drafts(home: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(home.join("drafts")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_form_comes_back_with_its_errors_marked_until_it_is_signed() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    // At the first turn the year is missing; at the second it is added below the mark.
    let script = "if grep -q '^# ^' \"$1\"; then sed -i 's/بداية نيسان$/بداية نيسان 2017/' \"$1\"; \
                  else sed -i 's/^التاريخ:.*/التاريخ: بداية نيسان/; s/^العنوان.*/العنوان [ar]: خان شيخون/' \"$1\"; fi";
    let written = new(home, "ar", &editor(&consortium, "editor", script)).json();
    let view = json(home, &["show", written["record"].as_str().unwrap()]);
    let date = view["properties"].as_array().unwrap().iter().find(|property| property["prop"] == "date").unwrap();
    assert_eq!(date["claims"][0]["value"], "2017-04-01/2017-04-10~");
    assert_eq!(drafts(home), Vec::<PathBuf>::new(), "what is signed is kept nowhere else");
}

#[test]
fn what_was_typed_is_kept_where_it_is_given_up_or_the_editor_fails() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    assert_eq!(new(home, "en", "true").problem(1)["code"], "unchanged");
    assert_eq!(drafts(home).len(), 0);
    let once = "grep -q '^dat:' \"$1\" || echo 'dat: 2013' >> \"$1\"";
    let given_up = new(home, "en", &editor(&consortium, "once", once)).problem(3);
    assert_eq!(given_up["code"], "template_key");
    let failing = editor(&consortium, "failing", "echo 'date: 2013' >> \"$1\"; exit 1");
    new(home, "en", &failing).problem(2);
    let kept = drafts(home);
    assert_eq!(kept.len(), 2);
    for path in kept {
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(std::fs::read_to_string(&path).unwrap().contains("2013"));
    }
}

/// What stands between the grave accents of a text: a command, as a person copies it.
fn commanded(text: &str) -> String {
    text.split('`').nth(1).unwrap_or_else(|| panic!("no command: {text}")).to_owned()
}

/// Has a shell run a command that the program named.
fn in_shell(home: &Path, typed: &str) -> Said {
    let isnad = command(home, &["--json"]);
    let program = std::iter::once(isnad.get_program()).chain(isnad.get_args());
    let quoted = |word: &str| format!("'{}'", word.replace('\'', "'\\''"));
    let words: Vec<String> = program.map(|word| quoted(word.to_str().unwrap())).collect();
    let line = typed.replacen("isnad", &words.join(" "), 1);
    Said::of(
        &std::process::Command::new("sh")
            .args(["-c", &line])
            .env("LANG", "C")
            .env("EDITOR", "true")
            .env_remove("VISUAL")
            .output()
            .unwrap(),
    )
}

#[test]
fn a_kept_text_is_handed_in_by_the_command_that_is_named_and_leaves_nothing_behind() {
    let dir = tempfile::Builder::new().prefix("it's $HOME ").tempdir().unwrap();
    let consortium = Consortium::found_in(dir, 2);
    let home = &consortium.homes[0];
    // An editor that leaves backups, open to all, and fails.
    let script = "f=$(basename \"$1\"); d=$(dirname \"$1\"); sed -i 's/^space:.*/space: public/; s/^date:.*/date: 2013/' \"$1\"; \
                  for b in \"$d/$f~\" \"$d/.$f.swp\" \"$d/#$f#\"; do cp \"$1\" \"$b\"; chmod 644 \"$b\"; done; exit 0";
    let once = format!("grep -q '^source: nobody' \"$1\" || sed -i 's/^source:.*/source: nobody/' \"$1\"; {script}");
    // The name of a program holds no space: a link does.
    let program = tempfile::tempdir().unwrap();
    let path = program.path().join("editor");
    std::fs::write(&path, format!("#!/bin/sh\n{once}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let problem = new(home, "en", path.to_str().unwrap()).problem(3);
    let line = problem["why"].as_str().unwrap();
    assert!(line.starts_with("line ") && line.contains("nobody"), "{problem}");
    assert!(problem["try"].as_str().unwrap().starts_with("see what there is with `isnad list source`"), "{problem}");
    for path in drafts(home) {
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
    }
    assert_eq!(drafts(home).len(), 4);
    let text = drafts(home).into_iter().find(|path| path.extension().is_some_and(|end| end == "txt")).unwrap();
    assert!(std::fs::read_to_string(&text).unwrap().contains("# ^ "), "the line is marked");
    std::fs::write(&text, std::fs::read_to_string(&text).unwrap().replace("source: nobody", "source:")).unwrap();
    let typed = commanded(problem["try"].as_str().unwrap().split_once("your text").unwrap().1);
    assert!(typed.contains("record new incident --edit --from '"), "{typed}");
    let written = in_shell(home, &typed).json();
    let view = json(home, &["show", written["record"].as_str().unwrap()]);
    let spaces = json(home, &["who"])["spaces"].as_array().unwrap().clone();
    let public = spaces.iter().find(|space| space["name"] == "public").unwrap();
    assert_eq!(view["properties"][0]["claims"][0]["space"], public["id"], "as the form says");
    assert_eq!(drafts(home), Vec::<PathBuf>::new(), "what is signed is kept nowhere else");
}

#[test]
fn a_narrative_that_is_handed_in_later_undoes_nothing_that_colleagues_wrote() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let note = consortium.file("note.json", r#"{"claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#);
    let written = json(home, &["record", "new", "incident", "--from", &note]);
    let record = written["record"].as_str().unwrap();
    let text = consortium.file("text", "First line.\nSecond line.\nThird line.\n");
    let begun = json(home, &["narrative", "edit", record, "--from", &text, "--in", "en"]);
    let narrative = begun["narratives"][0].as_str().unwrap();
    let failing = editor(&consortium, "failing", "sed -i 's/First/My first/' \"$1\"; exit 1");
    let mut edit = command(home, &["--json", "narrative", "edit", record, "--narrative", narrative]);
    let said = Said::of(&edit.env("EDITOR", failing).env_remove("VISUAL").output().unwrap());
    let typed = commanded(said.problem(2)["try"].as_str().unwrap().split_once("your text").unwrap().1);
    let colleagues = consortium.file("text", "First line.\nSecond line.\nTheir third line.\n");
    json(home, &["narrative", "edit", record, "--narrative", narrative, "--from", &colleagues]);
    in_shell(home, &typed).json();
    let view = json(home, &["show", record]);
    assert_eq!(view["narratives"][0]["text"], "My first line.\nSecond line.\nTheir third line.\n");
    assert_eq!(drafts(home), Vec::<PathBuf>::new());
}

/// Whoever is cut off between the signature and the answer hands the same text in once more.
#[test]
fn what_is_handed_in_once_more_is_said_once() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let failing = editor(&consortium, "failing", "echo 'date: 2013' >> \"$1\"; exit 1");
    let problem = new(home, "en", &failing).problem(2);
    let typed = commanded(problem["try"].as_str().unwrap().split_once("your text").unwrap().1);
    let [draft] = drafts(home).try_into().unwrap();
    let text = std::fs::read(&draft).unwrap();
    let first = in_shell(home, &typed).json();
    std::fs::write(&draft, text).unwrap();
    let again = in_shell(home, &typed).json();
    assert_eq!(first["record"], again["record"]);
    assert!(
        first["entries"].as_array().unwrap().len() == 1 && again["entries"].as_array().unwrap().is_empty(),
        "{again}"
    );
    assert_eq!(drafts(home), Vec::<PathBuf>::new());

    let record = first["record"].as_str().unwrap();
    let text = consortium.file("text", "What the hospital wrote.\n");
    for _ in 0..2 {
        json(home, &["narrative", "edit", record, "--from", &text, "--in", "en"]);
    }
    let view = json(home, &["show", record]);
    assert_eq!(view["narratives"].as_array().unwrap().len(), 1, "{view}");
}

#[test]
fn a_preview_shows_every_name_of_a_place_and_no_code_becomes_one() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let form = |place: &str| consortium.file("form.txt", format!("title [en]: X\ndate: 2013\nplace: {place}\n"));
    for place in ["دمشق؛ XX", "Damascus; XX"] {
        let mut whys = Vec::new();
        for lang in ["ar", "en", "fr"] {
            let problem = refused(home, &["--lang", lang, "record", "new", "incident", "--from", &form(place)], 3);
            assert_eq!(problem["code"], "place_country", "{problem}");
            assert!(problem["try"].as_str().unwrap().contains("SY"), "{problem}");
            whys.push(problem["why"].as_str().unwrap().to_owned());
        }
        assert!(whys[0] != whys[1] && whys[1] != whys[2], "{whys:?}");
    }
    let shown = say(home, &["--preview", "record", "new", "incident", "--from", &form("دمشق؛ Damascus; XX; SY")]);
    assert_eq!(shown.code, 3, "{shown:?}");
    let shown =
        say(home, &["--preview", "record", "new", "incident", "--from", &form("دمشق؛ Damascus; Syria; impact")]);
    assert_eq!(shown.code, 0, "{shown:?}");
    for part in ["Damascus", "دمشق", "(ar)", "(und)", "impact or release"] {
        assert!(shown.out.contains(part), "{part}: {shown:?}");
    }
}

/// Whoever goes on with a text, and gives it up again, has one text and not two; and is told the line that he sees there.
#[test]
fn a_text_that_is_gone_on_with_stays_one_and_its_lines_are_those_that_are_told() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let once = "grep -q '^date: 7/4' \"$1\" || sed -i 's|^date:.*|date: 7/4/2018|; s|^source:.*|source: nobody|; \
                s|^title.*|titel [en]: X|' \"$1\"";
    let problem = new(home, "en", &editor(&consortium, "once", once)).problem(3);
    let [draft] = drafts(home).try_into().unwrap();
    let text = std::fs::read_to_string(&draft).unwrap();
    // All three are told at once, each by its line in the text that is kept.
    let problems = problem["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 3, "{problem}");
    for (broken, wrong) in problems.iter().zip(["titel [en]: X", "date: 7/4/2018", "source: nobody"]) {
        let number = broken["why"].as_str().unwrap().split([' ', ':']).nth(1).unwrap().parse::<usize>().unwrap();
        assert_eq!(text.lines().nth(number - 1), Some(wrong), "{broken}");
    }
    let typed = commanded(problem["try"].as_str().unwrap().split_once("your text").unwrap().1);
    for _ in 0..2 {
        in_shell(home, &typed).problem(3);
        assert_eq!(drafts(home), std::slice::from_ref(&draft));
    }
    let right = text.replace("titel [en]: X", "title [en]: X").replace("7/4/2018", "2018").replace("nobody", "");
    std::fs::write(&draft, right.replace("space: members", "space: public")).unwrap();
    in_shell(home, &typed).json();
    assert_eq!(drafts(home), Vec::<PathBuf>::new());
}
