//! What a person sees on a terminal of 80 columns, in each of the three languages: lines that fit, and no words of another language.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use isnad_protocol::model::{KINDS, properties, vocabularies};
use isnad_protocol::view::BodyClass;
use isnad_tests::binary::{Said, command, isnad, json};

const RECORD: &str = "khan-al-assal-2013-03-19";
const LANGUAGES: [&str; 3] = ["ar", "en", "fr"];
const COLUMNS: usize = 80;

/// What one command said in one language.
struct Page {
    name: String,
    language: &'static str,
    said: Said,
}

/// Every command that reads, what goes wrong with some, and what some that sign would sign, on the data of the demo.
fn pages() -> &'static [Page] {
    static PAGES: OnceLock<Vec<Page>> = OnceLock::new();
    PAGES.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let mut demo = Command::new(isnad());
        demo.args(["--json", "demo", "--headless", "--dir"]).arg(dir.path()).env("LANG", "C").env_remove("ISNAD_HOME");
        assert_eq!(Said::of(&demo.output().unwrap()).code, 0);
        let home = dir.path().join("ngo");
        let mut all = Vec::new();
        for arguments in commands(&home) {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            for language in LANGUAGES {
                let mut run = command(&home, &[&["--lang", language], &arguments[..]].concat());
                run.env("COLUMNS", COLUMNS.to_string()).env("LANG", "C.UTF-8").env("EDITOR", "/no/such/editor");
                let said = Said::of(&run.env_remove("VISUAL").output().unwrap());
                all.push(Page { name: arguments.join(" "), language, said });
            }
        }
        all
    })
}

fn commands(home: &Path) -> Vec<Vec<String>> {
    let view = json(home, &["show", RECORD]);
    let claim = |prop: &str| {
        let property = view["properties"].as_array().unwrap().iter().find(|property| property["prop"] == prop);
        property.unwrap()["claims"][0]["id"].as_str().unwrap().to_owned()
    };
    let entry = json(home, &["history", RECORD])["items"][0]["entry"].as_str().unwrap().to_owned();
    let lines = format!(
        "status|who|who --history|digest|audit|tasks|organisation show|act list|act list --all|due|due --within 3y --over\
         |show {RECORD}|show {RECORD} --brief|show {RECORD} --full|history {RECORD}|history {RECORD} --ids\
         |show {RECORD} --whose state --order court,state --judgements majority|show {RECORD} --as-of 2030-01-01\
         |show fr-2018-05-18|show opcw-iit|show technolab\
         |explain {status} --record {RECORD}|explain {date}|explain {opinion}|explain {entry}\
         |list incident --same-as|list incident --contested|list designation --in-force 2018-06-01\
         |show {RECORD} --as-of 2013-03-19|show {RECORD} --as-of 1|show qqqq|show|frob|show {RECORD} --frob\
         |explain {date} --as-of 2001-01-01|explain zz|explain 0123456789|explain {status}|explain\
         |list frob|list incident --standard frob|list incident --limit frob|due --within frob\
         |judge {RECORD} douma-2018-04-07 same --score 10 --preview|judge {RECORD} douma-2018-04-07 frob\
         |respond {RECORD} --subject technolab --stance denies --text Frob --in en --channel court --date 2018-06-01 --preview\
         |respond {RECORD} --subject technolab --stance frob --text Frob --in en\
         |claim add {RECORD} status frob|claim add {RECORD} frob 1|claim add {RECORD} date 2018-04-08 --preview\
         |claim retract {RECORD} {status} --reason frob --note 1|opinion dispute {RECORD} {status}\
         |record new incident --edit|record new incident|record new frob|import /no/such/file|carry in /no/such/file",
        status = &claim("status")[..12],
        date = &claim("date")[..12],
        opinion = &claim("opinion")[..12],
    );
    let mut all: Vec<String> = lines.split('|').map(str::to_owned).collect();
    all.extend(KINDS.iter().map(|kind| format!("list {}", kind.name)));
    let helped = "demo init organisation found invite join act charter key node status who import record claim narrative opinion \
        judge respond tasks list due show history explain digest export carry backup restore repair audit completions";
    all.extend(helped.split_whitespace().map(|name| format!("help {name}")));
    all.iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

/// Columns as terminals give them, counted apart from the program: a letter takes one, and a mark over it or of direction none.
fn columns(line: &str) -> usize {
    let takes_none = |letter: char| {
        matches!(letter, '\u{300}'..='\u{36f}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}'
            | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2069}')
    };
    line.chars().filter(|letter| !takes_none(*letter)).count()
}

/// A command to copy is never broken: it stands on a line of its own, or behind the one word that says that it is the usage.
fn is_command(line: &str) -> bool {
    let bare = |text: &str| {
        text.trim_start_matches(|part| matches!(part, '\u{2066}'..='\u{2069}' | ' ' | '`')).starts_with("isnad ")
    };
    let behind_word = || line.split_once(':').is_some_and(|(word, rest)| !word.starts_with(' ') && bare(rest));
    // An address is copied too.
    bare(line) || line.contains("/isnad --home ") || line.contains("/p2p/") || behind_word()
}

#[test]
fn every_line_fits_eighty_columns_but_commands_to_copy() {
    let mut wide = Vec::new();
    for page in pages() {
        for line in page.said.out.lines().chain(page.said.err.lines()) {
            if columns(line) > COLUMNS && !is_command(line) {
                wide.push(format!("{} ({}): {} columns: {line}", page.name, page.language, columns(line)));
            }
        }
    }
    assert!(wide.is_empty(), "{wide:#?}");
}

/// Words of four letters or more, in small ones. What stands in capitals is a placeholder.
fn words(text: &str) -> BTreeSet<String> {
    let parts = text.split(|letter: char| !letter.is_alphabetic());
    let parts = parts.filter(|part| part.chars().count() > 3 && *part != part.to_uppercase());
    parts.map(str::to_lowercase).collect()
}

fn locale(language: &str) -> BTreeSet<String> {
    let dir = format!("{}/../protocol/locales/{language}", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(dir).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let texts = files.flat_map(|file| {
        file.lines().filter_map(|line| line.split_once(" = ")).map(|(_, text)| text.to_owned()).collect::<Vec<_>>()
    });
    texts.flat_map(|text| words(&text)).collect()
}

/// Words that are names, codes, commands or options: they are the same in every language.
fn same_everywhere() -> BTreeSet<String> {
    let data = include_str!("../../cli/data/incidents.json");
    let mut known = words(data);
    let names = "Example Documentation Centre Ministry of Foreign Affairs of Exampleland International Body fictional Demo consortium \
        node Demonstration text written keys every edit signed entry own contrary position isnad candidates";
    known.extend(words(names));
    let codes = KINDS.iter().flat_map(|kind| properties(kind.code).map(|property| property.code).chain([kind.name]));
    let codes = codes.chain(vocabularies::ALL.iter().flat_map(|list| list.codes.iter().copied().chain([list.name])));
    let codes: Vec<&str> = codes.chain(BodyClass::ALL.map(BodyClass::name)).collect();
    known.extend(words(&codes.join(" ")));
    known
}

/// A page without what is typed as it stands: commands, options and what is set as code.
fn spoken(page: &str) -> String {
    let lines = page.lines().filter(|line| !is_command(line));
    let mut is_code = false;
    let mut text = String::new();
    // Marks of direction part no words: where a name is cut, one stands before the ellipsis.
    let lines = lines.map(|line| line.replace(['\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}'], ""));
    let words: Vec<String> = lines.flat_map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect();
    for word in &words {
        let was_code = is_code;
        is_code ^= word.matches('`').count() % 2 == 1;
        let is_typed = was_code
            || word.contains('`')
            || word.contains("--")
            || word.contains('/')
            || word.contains('=')
            || word.contains('…');
        if !is_typed {
            text.push_str(word);
            text.push(' ');
        }
    }
    text
}

#[test]
fn no_page_has_words_of_another_language() {
    let (english, known) = (locale("en"), same_everywhere());
    let mut found = Vec::new();
    for language in ["ar", "fr"] {
        let own = locale(language);
        for page in pages().iter().filter(|page| page.language == language) {
            // What help names at the margin are commands and values of options.
            let is_help = page.name.starts_with("help");
            let text = format!("{}\n{}", page.said.out, page.said.err);
            let lines: Vec<&str> =
                text.lines().filter(|line| !is_help || !line.starts_with("  ") || line.starts_with("    ")).collect();
            let said = words(&spoken(&lines.join("\n")));
            let left: Vec<&String> = said
                .iter()
                .filter(|word| english.contains(*word) && !own.contains(*word) && !known.contains(*word))
                .collect();
            if !left.is_empty() {
                found.push(format!("{} ({language}): {left:?}", page.name));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn in_arabic_options_digests_and_words_of_others_are_isolated_whole() {
    let page = |name: &str| {
        let mut pages = pages().iter().filter(|page| page.language == "ar");
        pages.find(|page| page.name == name).map(|page| page.said.out.clone() + &page.said.err).unwrap()
    };
    let digest = page("digest");
    let whole = |line: &&str| line.trim().starts_with('\u{2068}') && line.trim_end().ends_with('\u{2069}');
    let groups = digest.lines().filter(|line| line.matches(' ').count() > 7 && !line.contains("القيود"));
    assert!(
        groups.clone().count() > 0 && groups.clone().all(|line| whole(&line) && line.matches('\u{2069}').count() == 1),
        "{digest}"
    );
    for (name, isolate) in [
        ("audit", "\u{2066}--consortium ID\u{2069}"),
        ("help respond", "\u{2066}--channel <CODE>\u{2069}"),
        ("help respond", "\u{2066}isnad respond [OPTIONS] --subject <RECORD>"),
        ("help list", "\u{2066}--in-force [<YYYY-MM-DD>]\u{2069}"),
    ] {
        assert!(page(name).contains(isolate), "{name}: {}", page(name));
    }
}
