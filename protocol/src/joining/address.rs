//! Addresses in an invitation: the usual ones in a few bytes, so that the code stays short; any other as its text. format §15.2.

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::encoding::{Reader, Truncated};
use crate::limits;

use super::invitation::InvitationError;

const TEXT: u8 = 0;
const IP4: u8 = 1;
const IP6: u8 = 2;
/// Added to the kind of an address for QUIC.
const QUIC: u8 = 0x10;

/// Writes an address behind those that stand there.
pub(super) fn encode(address: &str, out: &mut Vec<u8>) {
    if let Some((ip, port, is_quic)) = usual(address) {
        let kind = if ip.len() == 4 { IP4 } else { IP6 };
        out.push(if is_quic { kind | QUIC } else { kind });
        out.extend(ip);
        out.extend(port.to_be_bytes());
        return;
    }
    out.push(TEXT);
    let length = u16::try_from(address.len()).unwrap_or(u16::MAX);
    out.extend(length.to_be_bytes());
    out.extend(address.bytes().take(usize::from(length)));
}

/// Reads one address.
///
/// # Errors
/// [`InvitationError::Form`] for one that is none.
pub(super) fn decode(reader: &mut Reader<'_>) -> Result<String, InvitationError> {
    let form = |_: Truncated| InvitationError::Form;
    let kind = reader.u8().map_err(form)?;
    let ip = match kind & !QUIC {
        IP4 => format!("/ip4/{}", Ipv4Addr::from(reader.array::<4>().map_err(form)?)),
        IP6 => format!("/ip6/{}", Ipv6Addr::from(reader.array::<16>().map_err(form)?)),
        TEXT if kind == TEXT => return decode_text(reader),
        _ => return Err(InvitationError::Form),
    };
    let port = reader.u16().map_err(form)?;
    Ok(if kind & QUIC == 0 { format!("{ip}/tcp/{port}") } else { format!("{ip}/udp/{port}/quic-v1") })
}

fn decode_text(reader: &mut Reader<'_>) -> Result<String, InvitationError> {
    let length = usize::from(reader.u16().map_err(|_| InvitationError::Form)?);
    if !(1..=limits::ADDRESS_BYTES).contains(&length) {
        return Err(InvitationError::Form);
    }
    let bytes = reader.bytes(length).map_err(|_| InvitationError::Form)?;
    let text = std::str::from_utf8(bytes).map_err(|_| InvitationError::Form)?;
    let is_address = text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic());
    // One spelling for each address: what has a short one has no long one.
    (is_address && usual(text).is_none()).then(|| text.to_owned()).ok_or(InvitationError::Form)
}

/// The numbers of an address of IPv4 or IPv6 over TCP or QUIC, in its one spelling.
fn usual(address: &str) -> Option<(Vec<u8>, u16, bool)> {
    let parts: Vec<&str> = address.strip_prefix('/')?.split('/').collect();
    let (ip, port, is_quic) = match parts.as_slice() {
        [family, ip, "tcp", port] => ((*family, *ip), *port, false),
        [family, ip, "udp", port, "quic-v1"] => ((*family, *ip), *port, true),
        _ => return None,
    };
    let (bytes, written) = match ip {
        ("ip4", ip) => ip.parse::<Ipv4Addr>().ok().map(|ip| (ip.octets().to_vec(), ip.to_string()))?,
        ("ip6", ip) => ip.parse::<Ipv6Addr>().ok().map(|ip| (ip.octets().to_vec(), ip.to_string()))?,
        _ => return None,
    };
    let number: u16 = port.parse().ok()?;
    (written == ip.1 && number.to_string() == port).then_some((bytes, number, is_quic))
}
