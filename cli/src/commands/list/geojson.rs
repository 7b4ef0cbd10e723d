//! Places for maps. RFC 7946: a feature for each place claim, longitude before latitude; one without geometry where the place
//! is withheld, or named alone.

use isnad_node::reading::Who;
use isnad_protocol::view::{Spot, Summary};
use serde_json::{Value, json};

use super::Lines;
use crate::commands::reading::{label, organisation_name};
use crate::error::Problem;
use crate::output::{json_inert, pasted};
use crate::session::Session;

pub(super) fn print(
    session: &Session,
    who: &Who,
    summaries: impl Iterator<Item = Result<Summary, Problem>>,
) -> Result<(), Problem> {
    let mut out = Lines::new(session.printer);
    out.add("{\"type\":\"FeatureCollection\",\"features\":[");
    let mut before: Option<String> = None;
    for summary in summaries {
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
            "title": label(&summary.labels, session.language),
            "organisation": spot.organisation,
            "organisation_name": pasted(&name),
            "according_to": spot.according_to,
            "names": spot.names,
            "country": spot.country,
            "precision": spot.precision,
            "role": spot.role,
            "dates": summary.dates,
            "statuses": summary.statuses,
            "agents": summary.agents,
            "contested": summary.contested,
        },
    })
}
