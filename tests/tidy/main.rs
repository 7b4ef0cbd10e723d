//! Properties of the sources, the manifests and the documents, which no compiler checks.
//!
//! - [`dependencies`]: who depends on whom, versions, features, licences, advisories that are borne.
//! - [`sources`]: one module for each library, one door, what `protocol` never does, names and sizes.
//! - [`words`]: locales and golden vectors say everything they should.
//! - [`documents`]: what the documents claim is there.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "this target is nothing but tests")]

mod cargo;
mod dependencies;
mod documents;
mod sources;
mod tree;
mod words;
