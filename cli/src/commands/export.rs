//! `isnad export`: entries, acts or documents, to files.

use std::path::Path;

use isnad_node::export::{Document, Exculpatory, Manifest};
use isnad_node::fault::Fault;
use isnad_protocol::encoding::from_hex;
use isnad_protocol::locale::{self, Language};
use serde::Serialize;

use crate::args::{ExportArgs, ExportFormat};
use crate::client::{Client, query};
use crate::error::{DONE, Outcome, Problem};
use crate::output::{hanging, width};
use crate::session::Session;

#[derive(Serialize)]
struct Exported {
    path: String,
    bytes: usize,
    documents: usize,
    /// Of acts there is none.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    manifest: Option<Manifest>,
}

pub(crate) async fn run(session: &Session, args: ExportArgs) -> Outcome {
    let client = Client::to_read_checked(session).await?;
    let space = query(&[("space", args.space.map(|space| space.name().to_owned()))]);
    let path = args.output.display().to_string();
    let manifest = match args.format {
        ExportFormat::Acts => None,
        ExportFormat::Entries | ExportFormat::Automerge => Some(client.get(&format!("/export/manifest{space}")).await?),
    };
    let exported = match args.format {
        ExportFormat::Entries | ExportFormat::Acts => {
            let route = if args.format == ExportFormat::Acts { "/export/acts" } else { "/export/entries" };
            let bytes = client.bytes("GET", &format!("{route}{space}"), Vec::new()).await?;
            super::founding::write(&args.output, &bytes)?;
            Exported { path, bytes: bytes.len(), documents: 0, manifest }
        }
        ExportFormat::Automerge => {
            let documents: Vec<Document> = client.get(&format!("/export/automerge{space}")).await?;
            let bytes = write_documents(&args.output, &documents)?;
            Exported { path, bytes, documents: documents.len(), manifest }
        }
    };
    session.printer.either(&exported, |exported| {
        let (bytes, path) = (exported.bytes.to_string(), exported.path.as_str());
        let wrote = match u64::try_from(exported.documents).unwrap_or(u64::MAX) {
            0 => locale::format(session.language, "carry.wrote", &[("bytes", &bytes), ("file", path)]),
            count => locale::counted(session.language, "documents", count, &[("path", path)]),
        };
        let mut lines = vec![hanging("", &wrote, width())];
        if let Some(manifest) = &exported.manifest {
            lines.push(told(session.language, "export.includes", &manifest.includes));
            let is_whole = manifest.leaves_out == Exculpatory::default();
            lines.extend((!is_whole).then(|| told(session.language, "export.leaves_out", &manifest.leaves_out)));
        }
        lines.join("\n")
    });
    Ok(DONE)
}

/// What speaks against other claims, counted: a filter cannot hide it.
fn told(language: Language, key: &str, counts: &Exculpatory) -> String {
    let parts = [
        ("duties.disputes", counts.disputes),
        ("view.responses", counts.replies),
        ("duties.judged_different", counts.judged_different),
        ("duties.retracted", counts.retracted),
    ];
    let told = parts.map(|(key, count)| format!("{}: {count}", locale::word(language, key)));
    locale::format(language, key, &[("counts", &told.join(&format!("{} ", locale::word(language, "preview.comma"))))])
}

fn write_documents(dir: &Path, documents: &[Document]) -> Result<usize, Problem> {
    isnad_node::files::create_directory(dir).map_err(|fault| match fault {
        Fault::Io { source, .. } => Problem::file("make", dir, &source),
        other => other.into(),
    })?;
    let mut total = 0_usize;
    for document in documents {
        let record = document.record.to_string().replace('/', "-");
        let (space, organisation) = (document.space.to_short(), document.organisation.to_short());
        let name = format!("{record}.{organisation}.{space}.{}.automerge", document.generation);
        let bytes = unhex(&document.bytes)?;
        total = total.saturating_add(bytes.len());
        super::founding::write(&dir.join(name), &bytes)?;
    }
    Ok(total)
}

fn unhex(text: &str) -> Result<Vec<u8>, Problem> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok().and_then(from_hex::<1>));
    let bytes: Option<Vec<u8>> = pairs.map(|byte| byte.map(|[byte]| byte)).collect();
    bytes.ok_or_else(|| Problem::fault("a document that is not hexadecimal"))
}
