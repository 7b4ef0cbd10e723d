//! A vector and its two files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// What a reader of the bytes comes to: the id, if they have one, and the code of the first rule broken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) id: Option<String>,
    pub(crate) rule: Option<&'static str>,
}

/// Bytes, and what is to be found of them.
#[derive(Debug, Clone)]
pub(crate) struct Vector {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// Code of the rule broken; `None` for a valid one.
    pub(crate) rule: Option<&'static str>,
    pub(crate) proves: &'static str,
    /// What else the reader has to know or to find.
    pub(crate) more: Map<String, Value>,
}

impl Vector {
    pub(crate) fn valid(name: &'static str, bytes: Vec<u8>, proves: &'static str) -> Self {
        Self { name, bytes, rule: None, proves, more: Map::new() }
    }

    pub(crate) fn invalid(name: &'static str, bytes: Vec<u8>, rule: &'static str, proves: &'static str) -> Self {
        Self { name, bytes, rule: Some(rule), proves, more: Map::new() }
    }

    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.more.insert(key.to_owned(), value);
        self
    }

    fn verdict(&self) -> &'static str {
        if self.rule.is_none() { "valid" } else { "invalid" }
    }

    fn json(&self, id: Option<String>) -> Value {
        let mut object = Map::new();
        if let Some(id) = id {
            object.insert("id".to_owned(), json!(id));
        }
        object.insert("verdict".to_owned(), json!(self.verdict()));
        if let Some(rule) = self.rule {
            object.insert("rule".to_owned(), json!(rule));
        }
        object.insert("proves".to_owned(), json!(self.proves));
        object.extend(self.more.clone());
        Value::Object(object)
    }
}

/// Holds the files of one kind against the vectors made here, and against what `read` finds of their bytes.
pub(crate) fn check(kind: &str, extension: &str, vectors: &[Vector], read: impl Fn(&[u8], &Value) -> Verdict) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(kind);
    let mut expected = BTreeMap::new();
    for vector in vectors {
        let more = Value::Object(vector.more.clone());
        let verdict = read(&vector.bytes, &more);
        assert_eq!(verdict.rule, vector.rule, "{kind}/{}", vector.name);
        let mut json = serde_json::to_vec_pretty(&vector.json(verdict.id)).unwrap();
        json.push(b'\n');
        let path = folder.join(vector.verdict()).join(vector.name);
        assert!(expected.insert(path.with_extension(extension), vector.bytes.clone()).is_none(), "{path:?} twice");
        expected.insert(path.with_extension("json"), json);
    }
    if std::env::var_os("ISNAD_BLESS").is_some() {
        write(&folder, &expected);
    }
    let found = files(&folder);
    assert!(found.keys().eq(expected.keys()), "files and vectors of {kind} differ: run with ISNAD_BLESS=1");
    for (path, bytes) in &found {
        assert_eq!(bytes, &expected[path], "{path:?} differs from the vector made here");
    }
    for (path, bytes) in found.iter().filter(|(path, _)| path.extension().is_some_and(|end| end == extension)) {
        check_file(bytes, &serde_json::from_slice(&found[&path.with_extension("json")]).unwrap(), path, &read);
    }
}

/// Holds one file of the folder against the bytes made here.
pub(crate) fn check_bytes(path: &Path, bytes: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(path);
    if std::env::var_os("ISNAD_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
    }
    let found = fs::read(&path).unwrap_or_else(|_| panic!("{path:?} is not there: run with ISNAD_BLESS=1"));
    assert!(found == bytes, "{path:?} differs from the vector made here");
}

/// Holds one file of JSON against the value made here.
pub(crate) fn check_json(path: &Path, value: &Value) {
    let mut json = serde_json::to_vec_pretty(value).unwrap();
    json.push(b'\n');
    check_bytes(path, &json);
}

/// What a stranger's implementation does: reads the two files, and nothing else.
fn check_file(bytes: &[u8], json: &Value, path: &Path, read: impl Fn(&[u8], &Value) -> Verdict) {
    let verdict = read(bytes, json);
    let is_valid = verdict.rule.is_none();
    assert_eq!(json["verdict"], if is_valid { "valid" } else { "invalid" }, "{path:?}");
    assert_eq!(json["rule"].as_str(), verdict.rule, "{path:?}");
    assert_eq!(json["id"].as_str(), verdict.id.as_deref(), "{path:?}");
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let folders = ["valid", "invalid"].map(|verdict| folder.join(verdict));
    let files =
        folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().map(|file| file.unwrap().path());
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn write(folder: &Path, expected: &BTreeMap<PathBuf, Vec<u8>>) {
    for path in files(folder).keys() {
        fs::remove_file(path).unwrap();
    }
    for (path, bytes) in expected {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// Reads hexadecimal of any length.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}
