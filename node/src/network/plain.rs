//! Why an address was not reached, in the words of people rather than those of each layer of the network.

/// What the layers say, and what it comes to. The first that is found counts: the inmost cause stands in the outer words.
const CAUSES: [(&str, &str); 9] = [
    ("Connection refused", "connection refused: no node listens there"),
    ("ConnectionRefused", "connection refused: no node listens there"),
    ("No route to host", "there is no way to it from this network"),
    ("Network is unreachable", "there is no way to it from this network"),
    ("WrongPeerId", "another node answers there than the one named"),
    ("Unexpected peer ID", "another node answers there than the one named"),
    ("timed out", "no answer in time: it is off, or a firewall stands between"),
    ("Timeout", "no answer in time: it is off, or a firewall stands between"),
    ("Connection reset", "the other side hung up"),
];

/// Characters of a cause that nobody has words for yet.
const LENGTH: usize = 120;

/// The cause in a few words; what is not known is told as it came, cut short.
pub(crate) fn plain(reason: &str) -> String {
    let known = CAUSES.iter().find(|(said, _)| reason.contains(said));
    known.map_or_else(|| reason.chars().take(LENGTH).collect(), |(_, plain)| (*plain).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inmost_cause_is_told_in_plain_words() {
        let said = "Failed to negotiate transport protocol(s): [(/ip4/127.0.0.1/tcp/4747: : Connection refused (os error 111))]";
        assert_eq!(plain(said), "connection refused: no node listens there");
        assert_eq!(plain("something new"), "something new");
        assert_eq!(plain(&"x".repeat(500)).len(), LENGTH);
    }
}
