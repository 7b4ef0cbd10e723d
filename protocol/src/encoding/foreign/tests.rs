use proptest::prelude::*;

use super::*;

fn check(input: &[u8], line: usize, column: usize, rule: Rule) {
    assert_eq!(parse(input), Err(ParseError { line, column, rule }), "{}", String::from_utf8_lossy(input));
}

#[test]
fn ordinary_json_is_read_and_numbers_stay_as_written() {
    let value = parse(br#" { "b" : [ null , true , -1.50e+3 ] , "A b" : "\u00e9\ud83d\ude00\/\n" } "#).unwrap();
    let list = vec![Foreign::Null, Foreign::Bool(true), Foreign::Number("-1.50e+3".into())];
    let members = vec![("b".into(), Foreign::List(list)), ("A b".into(), Foreign::Text("é😀/\n".into()))];
    assert_eq!(value, Foreign::Object(members));
}

#[test]
fn the_last_surrogate_pair_is_the_last_character() {
    assert_eq!(parse(br#""\udbff\udfff""#), Ok(Foreign::Text('\u{10ffff}'.to_string())));
    assert_eq!(parse(br#""\ud800\udc00""#), Ok(Foreign::Text('\u{10000}'.to_string())));
}

#[test]
fn each_rule_is_refused_with_its_place() {
    check(b"{\"a\":1,\n \"b\":2, \"a\":3}", 2, 9, Rule::DuplicateKey("a".into()));
    check(b"[\"\xc3\xa9\xff\"]", 1, 4, Rule::NotUtf8);
    check(br#"["\ud800"]"#, 1, 3, Rule::LoneSurrogate);
    check(br#"["\ud800\u0041"]"#, 1, 3, Rule::LoneSurrogate);
    check(br#"["\udc00"]"#, 1, 3, Rule::LoneSurrogate);
    check(br#""\x""#, 1, 2, Rule::Escape);
    check("\"\\é\"".as_bytes(), 1, 2, Rule::Escape);
    check(br#""\u12g4""#, 1, 2, Rule::Escape);
    check(br#""\u+123""#, 1, 2, Rule::Escape);
    check(b"\"a\tb\"", 1, 3, Rule::Escape);
    check(b"", 1, 1, Rule::Truncated);
    check(b"[1,", 1, 4, Rule::Truncated);
    check(b"\"abc", 1, 2, Rule::Truncated);
    check(b"[1 2]", 1, 4, Rule::Due("a comma or ]"));
    check(b"[1,]", 1, 4, Rule::Due("a value"));
    check(b"{\"a\" 1}", 1, 6, Rule::Due("a colon"));
    check(b"{a:1}", 1, 2, Rule::Due("a key in quotation marks"));
    check(b"1 2", 1, 3, Rule::Trailing);
    check(b"nulls", 1, 5, Rule::Trailing);
    for number in ["01", "1.", ".5", "-", "1e", "1e+", "1.e1", "--1", "1-1"] {
        assert!(parse(number.as_bytes()).is_err(), "{number}");
    }
}

#[test]
fn absurd_depth_number_and_size_are_refused() {
    let deep = "[".repeat(limits::FOREIGN_DEPTH);
    assert!(parse(format!("{deep}{}", "]".repeat(limits::FOREIGN_DEPTH)).as_bytes()).is_ok());
    check("[".repeat(100_000).as_bytes(), 1, limits::FOREIGN_DEPTH + 1, Rule::TooDeep);
    check(&vec![b' '; limits::FOREIGN_BYTES + 1], 1, 1, Rule::TooLarge);
    let many = format!("[{}0]", "0,".repeat(limits::FOREIGN_VALUES));
    assert_eq!(parse(many.as_bytes()).unwrap_err().rule, Rule::TooMany);
}

#[test]
fn a_wrong_value_is_named_by_its_path() {
    let file = parse(br#"{"incidents":[{},{"date":{"edtf":5,"n":1.5}}]}"#).unwrap();
    let incident = file.root().member("incidents").unwrap().items().unwrap().remove(1);
    let date = incident.member("date").unwrap();
    let error = date.member("edtf").unwrap().text().unwrap_err();
    assert_eq!(error.to_string(), "incidents[1].date.edtf: a string was due, a number found");
    assert_eq!(date.member("none").unwrap().text().unwrap_err().found, "nothing");
    assert_eq!(date.member("n").unwrap().optional_number(), Ok(Some("1.5")));
    assert!(date.member("n").unwrap().optional_integer().is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn a_mutated_file_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = br#"{"a":[1,-2.5e3,null,true,{"b":"\ud83d\ude00 \u00e9\n"}],"c":{"d":"x"}}"#.to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = parse(&bytes);
        let _ = parse(&bytes[..cut.index(bytes.len())]);
    }

    #[test]
    fn json_like_text_is_read_or_refused(text in r#"[\[\]{}",:\\u0-9a-f. \-ntd8]{0,80}"#) {
        let _ = parse(text.as_bytes());
    }
}
