//! Places for maps. RFC 7946: a feature for each place claim, longitude before latitude; one without geometry where the place
//! is withheld, or named alone.

use isnad_node::reading::Who;
use isnad_protocol::view::{Spot, Summary};
use serde_json::{Value, json};

use super::csv::{statuses, titled};
use super::{Lines, Page};
use crate::commands::reading::organisation_name;
use crate::error::Problem;
use crate::output::{json_inert, pasted};
use crate::session::Session;

pub(super) fn print(session: &Session, who: &Who, page: &Page<'_>) -> Result<(), Problem> {
    let mut out = Lines::new(session.printer);
    // A foreign member, RFC 7946 §6.1: of what the map was made, and by whose choice.
    let made_of = serde_json::to_string(&page.head.made_of).map_err(|error| Problem::fault(error.to_string()))?;
    out.add(&format!("{{\"type\":\"FeatureCollection\",\"made_of\":{made_of},\"features\":["));
    let mut before: Option<String> = None;
    for summary in page.summaries() {
        let summary = summary?;
        for spot in &summary.spots {
            // A line is printed once it is known whether another follows: a comma stands between two alone.
            let line = json_inert(&feature(session, who, &summary, spot).to_string()).into_owned();
            if let Some(line) = before.replace(line) {
                out.add(&(line + ","));
            }
        }
    }
    if let Some(line) = before {
        out.add(&line);
    }
    out.add("]}");
    Ok(())
}

fn feature(session: &Session, who: &Who, summary: &Summary, spot: &Spot) -> Value {
    let number = |text: &str| text.parse::<f64>().ok();
    let at = spot.at.as_ref().and_then(|(lat, lon)| Some([number(lon)?, number(lat)?]));
    let name = organisation_name(who, spot.organisation, session.language);
    json!({
        "type": "Feature",
        "id": spot.claim,
        "geometry": at.map(|at| json!({ "type": "Point", "coordinates": at })),
        "properties": {
            "record": summary.record,
            "kind": summary.kind,
            "title": titled(summary).text(session.language, str::to_owned),
            "organisation": spot.organisation,
            "organisation_name": pasted(&name),
            "according_to": spot.according_to,
            "names": spot.names,
            "country": spot.country,
            "precision": spot.precision,
            "role": spot.role,
            "dates": summary.dates,
            "statuses": statuses(session, who, summary),
            "agents": summary.agents,
            "contested": summary.contested,
            "disputes": summary.disputes,
            "replies": summary.replies,
            "retracted": summary.retracted,
            "cut": summary.is_cut,
            "not_same_as": summary.not_same_as,
            "identifiers": summary.identifiers,
        },
    })
}
