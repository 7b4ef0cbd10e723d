//! Input that is small on the wire and large to whoever takes it in: rows 30 and 35 of THREATS.md.

use isnad_protocol::limits;

/// A run frame whose compressed body states a length.
fn compressed(stated: usize, block: &[u8]) -> Vec<u8> {
    let stated = u32::try_from(stated).unwrap_or(u32::MAX).to_be_bytes();
    [&[9, 1][..], &stated, block].concat()
}

/// An LZ4 block that inflates to 255 times its size: one literal zero, repeated.
fn zeros(block: usize) -> (Vec<u8>, usize) {
    let repeats = block.saturating_sub(10);
    let mut bytes = vec![0x1f, 0, 1, 0];
    bytes.extend(vec![255; repeats]);
    bytes.extend([0, 0x50, 0, 0, 0, 0, 0]);
    (bytes, 1 + 19 + 255 * repeats + 5)
}

/// Frames that each make a session end, none longer than `bytes` but for one byte, with their names.
#[must_use]
pub fn frames(bytes: usize) -> Vec<(&'static str, Vec<u8>)> {
    let (largest, inflated) = zeros(bytes.saturating_sub(16));
    let (groups, many) = {
        let (block, length) = zeros(1_020);
        (block, length.min(limits::RUN_BYTES))
    };
    vec![
        ("one byte again and again, one beyond the bound", vec![4; bytes.saturating_add(1)]),
        ("a frame that inflates to 255 times its size, and says so", compressed(inflated, &largest)),
        ("a frame that inflates to more than it says", compressed(limits::RUN_BYTES, &largest)),
        ("a frame that says 4 GiB", compressed(usize::MAX, &[0])),
        ("a frame that says much and holds nothing", compressed(limits::RUN_BYTES, &[])),
        ("a frame of groups without entries", compressed(many, &groups)),
        ("items to the bound of a frame", [&[5][..], &[3; 16], &vec![1; bytes.saturating_sub(17)]].concat()),
        (
            "an act that says it is large",
            [&[6][..], b"ISNAD-ACT-v1\0\0\0\0", &[1, 2, 0, 0, 0, 16, 0, 0], &[0; 100]].concat(),
        ),
    ]
}

fn filled(open: &str, item: &str, close: &str) -> Vec<u8> {
    let room = usize::try_from(limits::PAYLOAD_BYTES).unwrap_or(usize::MAX) - open.len() - close.len();
    let count = room / (item.len() + 1);
    let text = [open, &vec![item; count].join(","), close].concat();
    text.into_bytes()
}

/// Payloads that count for nothing, none above the bound, with their names.
#[must_use]
pub fn payloads() -> Vec<(&'static str, Vec<u8>)> {
    let deep = |open: &str, close: &str| [open.repeat(30_000), close.repeat(30_000)].concat().into_bytes();
    let edit = format!(r#"{{"at":0,"delete":0,"edit":"{}","insert":"x"}}"#, "12".repeat(16));
    vec![
        ("lists to the bound", deep("[", "]")),
        ("objects to the bound", "{\"a\":".repeat(13_000).into_bytes()),
        ("numbers to the bound", filled(r#"{"ops":["#, "1", "]}")),
        ("more claims than a payload may have", filled(r#"{"ops":["#, r#"{"claim":{}}"#, "]}")),
        ("more edits than a payload may have", filled(r#"{"after":[],"ops":["#, &edit, "]}")),
        ("a number of 65,000 digits", [&b"{\"ops\":["[..], &vec![b'9'; 65_000], b"]}"].concat()),
        ("escapes to the bound", [&b"{\"ops\":[\""[..], "\\u0000".repeat(10_900).as_bytes(), b"\"]}"].concat()),
        (
            "names of entries to the bound",
            filled(r#"{"after":["#, &format!("\"{}\"", "ab".repeat(32)), r#"],"ops":[]}"#),
        ),
    ]
}
