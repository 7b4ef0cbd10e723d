//! A journal that is damaged under a running node.

use std::os::unix::fs::FileExt;

use serde_json::Value;

use super::*;
use crate::reading::{ListHead, ListQuery};

/// Flips a bit of each frame of the members' journal that holds an entry about this record; done again, they are as before.
fn flip(node: &Node, record: RecordId) {
    let path = journal_of(node);
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    // Marker, length, checksum and kind stand before the entry. format §1, §10.1.
    let mut at = 24;
    while let Some(length) = bytes.get(at + 4..at + 8) {
        if bytes[at + 13..][..224].windows(16).any(|part| part == record.as_bytes()) {
            file.write_all_at(&[bytes[at + 213] ^ 1], at as u64 + 213).unwrap();
        }
        at += 12 + u32::from_be_bytes(length.try_into().unwrap()) as usize;
    }
}

fn journal_of(node: &Node) -> std::path::PathBuf {
    node.home().journal(&node.snapshot().governance.spaces()[0].id).join("1.seg")
}

fn listed(node: &Node, query: &ListQuery) -> Result<(usize, Option<Problem>), Problem> {
    let bytes = Reader::new(node).list(query)?;
    let answer: Value = serde_json::from_slice(&bytes).unwrap();
    if let Some(array) = answer.as_array() {
        return Ok((array.len(), None));
    }
    let head: ListHead = serde_json::from_value(answer.clone()).unwrap();
    assert_eq!(head.total, answer["records"].as_array().unwrap().len());
    Ok((head.total, head.made_of.incomplete.map(|problem| *problem)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_cannot_be_read_is_missing_from_a_list_that_says_so_and_no_other_is() {
    let (_homes, node) = alone().await;
    for number in 1..=70 {
        write(&node, Change { claims: vec![said("date", "2013", &[])], ..Change::of(numbered(number)) }).await.unwrap();
    }
    let query = |page| ListQuery { kind: 1, page, ..ListQuery::default() };
    let by_policy = ListQuery { as_of: Some(isnad_protocol::time::Day::parse("2099-01-01").unwrap()), ..query(true) };
    let list = move || {
        let damaged = |found: Result<(usize, Option<Problem>), Problem>| {
            let (count, problem) = found.unwrap();
            let problem = problem.unwrap();
            assert_eq!((count, &*problem.code, &*problem.words.values["count"]), (69, "journal_damaged", "1"));
            assert!(problem.error.contains("1.seg") && problem.error.contains('1'), "{problem:?}");
        };
        // Before any summary was made.
        flip(&node, numbered(2));
        damaged(listed(&node, &query(true)));
        damaged(listed(&node, &by_policy));
        assert_eq!(listed(&node, &query(false)).unwrap_err().code, "journal_damaged");
        flip(&node, numbered(2));
        assert_eq!(listed(&node, &query(true)).unwrap(), (70, None));
        assert_eq!(listed(&node, &query(false)).unwrap(), (70, None));
        // When all are made, what reads no journal is whole.
        flip(&node, numbered(3));
        assert_eq!(listed(&node, &query(true)).unwrap(), (70, None));
        damaged(listed(&node, &by_policy));
        flip(&node, numbered(3));
        assert_eq!(listed(&node, &by_policy).unwrap(), (70, None));
    };
    tokio::task::spawn_blocking(list).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_could_not_follow_goes_on_once_it_can_without_a_restart() {
    let (_homes, node) = alone().await;
    let members = node.snapshot().governance.spaces()[0].id;
    let journal = journal_of(&node);
    let aside = journal.with_extension("aside");
    // Whoever writes has the file open; the index opens it anew.
    std::fs::rename(&journal, &aside).unwrap();
    node.contribute(vec![claim(members, "one")]).await.unwrap();
    let read = move || {
        for _ in 0..3 {
            assert_eq!(node.index().unwrap_err().code(), "index");
        }
        assert!(!node.index_has_failed());
        std::fs::rename(&aside, &journal).unwrap();
        node.index().unwrap().entries_about(claim(members, "").record).unwrap().len()
    };
    assert_eq!(tokio::task::spawn_blocking(read).await.unwrap(), 1);
}
