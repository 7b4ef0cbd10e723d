//! What a request holds, read as the types that are due; what is of no such form is refused as all else is: with its place, and what
//! to do, in words that have a key.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::problem::{Problem, exit};

/// The body of a request: JSON of a type, and nothing else.
#[derive(Debug)]
pub(super) struct Sent<T>(pub(super) T);

/// The query of a request.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Sent<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind != "application/json" {
            let problem = refused("request.media_type", &[("found", &kind)]);
            return Err(answered(StatusCode::UNSUPPORTED_MEDIA_TYPE, problem));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            let problem = refused("request.unread", &[("most", &super::REQUEST_BYTES.to_string())]);
            answered(rejection.into_response().status(), problem)
        })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| misshapen(&error).into_response())
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|query| Self(query.0)).map_err(|error| refused("request.query", &[("reason", &error.body_text())]))
    }
}

/// Answers where no route leads.
pub(super) async fn nowhere(method: Method, uri: Uri) -> Response {
    let problem = refused("request.nowhere", &[("method", method.as_str()), ("path", uri.path())]);
    answered(StatusCode::NOT_FOUND, problem)
}

/// Answers where a route leads, but not by this method.
pub(super) async fn not_so(method: Method, uri: Uri) -> Response {
    let problem = refused("request.method", &[("method", method.as_str()), ("path", uri.path())]);
    answered(StatusCode::METHOD_NOT_ALLOWED, problem)
}

/// Why a body is not of the type that is due.
fn misshapen(error: &serde_json::Error) -> Problem {
    let (line, column, reason) = (error.line().to_string(), error.column().to_string(), error.to_string());
    let key = match error.classify() {
        Category::Data => "request.form",
        Category::Syntax | Category::Eof | Category::Io => "request.no_json",
    };
    refused(key, &[("line", &line), ("column", &column), ("reason", &reason)])
}

fn refused(key: &str, values: &[(&str, &str)]) -> Problem {
    Problem::told(exit::USAGE, "request", key, values)
}

fn answered(status: StatusCode, problem: Problem) -> Response {
    (status, axum::Json(problem)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::routing::post;
    use isnad_protocol::locale::Language;

    #[derive(serde::Deserialize)]
    struct Wish {
        number: u8,
    }

    fn routes() -> Router {
        async fn take(Query(_): Query<std::collections::BTreeMap<String, u8>>, Sent(wish): Sent<Wish>) -> String {
            wish.number.to_string()
        }
        Router::new().route("/take", post(take)).fallback(nowhere).method_not_allowed_fallback(not_so)
    }

    async fn answer(method: &str, uri: &str, kind: &str, body: &str) -> (u16, String) {
        let request = Request::builder().method(method).uri(uri).header(CONTENT_TYPE, kind);
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let mut service = routes().into_service();
        let answer = super::super::tower_call(&mut service, request).await.unwrap();
        let status = answer.status().as_u16();
        (status, String::from_utf8(to_bytes(answer.into_body(), 10_000).await.unwrap().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn what_is_no_request_is_refused_with_a_key_and_what_to_do() {
        let json = "application/json";
        assert_eq!(
            answer("POST", "/take", "application/json; charset=utf-8", r#"{"number":7}"#).await,
            (200, "7".into())
        );
        for (method, uri, kind, body, status, key) in [
            ("POST", "/take", json, "{\"number\":", 400, "request.no_json"),
            ("POST", "/take", json, "", 400, "request.no_json"),
            ("POST", "/take", json, "number=7", 400, "request.no_json"),
            ("POST", "/take", json, "{\"number\":\n\"seven\"}", 400, "request.form"),
            ("POST", "/take", json, "{}", 400, "request.form"),
            ("POST", "/take", "text/plain", r#"{"number":7}"#, 415, "request.media_type"),
            ("POST", "/take?a=b", json, r#"{"number":7}"#, 400, "request.query"),
            ("GET", "/take", json, "", 405, "request.method"),
            ("POST", "/tkae", json, "", 404, "request.nowhere"),
        ] {
            let (found, text) = answer(method, uri, kind, body).await;
            assert_eq!(found, status, "{text}");
            let problem: Problem = serde_json::from_str(&text).unwrap();
            assert_eq!(
                (problem.words.key.as_str(), problem.code.as_str(), problem.exit),
                (key, "request", exit::USAGE)
            );
            let told = Language::ALL.map(|language| {
                let told = problem.clone().in_language(language);
                [told.error, told.why, told.advice]
            });
            for part in 0..3 {
                let texts: std::collections::BTreeSet<_> = told.iter().map(|told| &told[part]).collect();
                assert_eq!(texts.len(), 3, "{key}: {texts:?}");
                assert!(texts.iter().all(|text| !text.is_empty() && !text.contains(['{', '}'])), "{texts:?}");
            }
        }
    }

    #[tokio::test]
    async fn the_place_of_a_mistake_is_named() {
        let (_, text) = answer("POST", "/take", "application/json", "{\"number\":\n\"seven\"}").await;
        let problem: Problem = serde_json::from_str(&text).unwrap();
        assert_eq!(problem.words.values.get("line").map(String::as_str), Some("2"));
    }
}
