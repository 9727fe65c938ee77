//! The web app beside the endpoints: its files, and its page for every other address that a browser opens.

use std::io::{Error, ErrorKind};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use proto::http::ErrorCode;
use tower_http::services::ServeDir;
use tracing::error;

use super::problem::Problem;
use super::{App, content_security, handlers};
use crate::web_app::WebApp;

/// Where bundlers put files whose names hold a hash of their contents.
const HASHED_FOLDERS: [&str; 2] = ["/_expo/static/", "/assets/"];
/// The shortest run of hexadecimal digits in a name that is taken for a hash.
const HASH_DIGITS: usize = 16;
/// For files that never change under their name.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// For the page, and files that may change under their name: kept, but asked for each time.
const ASK_EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");

/// What every answer with the app's files says beside its policy.
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(self), microphone=(self), display-capture=(), geolocation=(), payment=(), usb=()",
        ),
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];

/// Any path that is no endpoint: a file of the app, else its page for whoever wants HTML, else nothing.
pub(super) async fn file_or_page(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let uri = request.uri().clone();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let Some(web_app) = app.web_app.as_ref().filter(|_| is_read) else {
        return Err(handlers::not_found(uri).await);
    };
    let wants_page = wants_html(request.headers());
    let path = uri.path();
    let found = match path {
        "/" | "/index.html" => None,
        _ => file(web_app, request).await?,
    };
    let mut response = match found {
        Some(file) => secured(&app, "", file)?,
        None if wants_page || path == "/" || path == "/index.html" => page(&app, web_app).await?,
        None => return Err(handlers::not_found(uri).await),
    };
    // The page has said so already, also where it stands in for a file that is gone.
    let caching = if is_hashed(path) { FOR_EVER } else { ASK_EACH_TIME };
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(caching);
    Ok(response)
}

/// A file of the app, if there is one.
async fn file(web_app: &WebApp, request: Request) -> Result<Option<Response>, Problem> {
    let mut files = ServeDir::new(web_app.folder()).append_index_html_on_directories(false).precompressed_gzip();
    match files.try_call(request).await {
        Ok(response) if response.status() == StatusCode::NOT_FOUND => Ok(None),
        Ok(response) => Ok(Some(response.map(Body::new))),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => {
            error!(%error, "a file of the web app cannot be read");
            Err(unreadable())
        }
    }
}

/// Whether the error tells of the path that was asked for, and not of this server.
fn is_absent(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::PermissionDenied
            | ErrorKind::InvalidInput
            | ErrorKind::InvalidFilename
    )
}

/// The page, with the policy that fits it.
async fn page(app: &App, web_app: &WebApp) -> Result<Response, Problem> {
    let page = web_app.page().await.map_err(|error| {
        error!(%error, folder = %web_app.folder().display(), "the web app's page cannot be read");
        unreadable()
    })?;
    let headers = [(header::CACHE_CONTROL, ASK_EACH_TIME)];
    secured(app, &page, (headers, Html(page.clone())).into_response())
}

/// The answer with its policy, that of `page`; a file has one as well, as a worker's script or a picture may be opened by
/// itself.
fn secured(app: &App, page: &str, mut response: Response) -> Result<Response, Problem> {
    let policy = HeaderValue::try_from(content_security::policy(page, &app.public_url)).map_err(|error| {
        error!(%error, "no content security policy");
        unreadable()
    })?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.extend(SECURITY_HEADERS);
    Ok(response)
}

fn unreadable() -> Problem {
    Problem::new(ErrorCode::Internal, "the web app cannot be read; the server's log has more")
}

/// Whether a browser is opening an address, rather than a program asking for data.
fn wants_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted
        .flat_map(|value| value.split(','))
        .any(|range| range.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/html")))
}

/// Whether a path names contents that never change.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let hashed = name.split(|c: char| !c.is_ascii_hexdigit()).any(|digits| digits.len() >= HASH_DIGITS);
    hashed && HASHED_FOLDERS.iter().any(|folder| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        for path in [
            "/_expo/static/js/web/entry-0123456789abcdef0123456789abcdef.js",
            "/assets/images/icon.0123456789abcdef0123456789abcdef.png",
        ] {
            assert!(is_hashed(path), "{path}");
        }
        for path in ["/", "/assets/icon.png", "/favicon.0123456789abcdef.ico", "/assets/0123456789abcdef/icon.png"] {
            assert!(!is_hashed(path), "{path}");
        }
    }

    #[test]
    fn html_is_wanted_by_browsers_alone() {
        let wants = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            wants_html(&headers)
        };
        assert!(wants("text/html,application/xhtml+xml,*/*;q=0.8") && wants("image/png, Text/HTML;q=0.1"));
        assert!(!wants("*/*") && !wants("application/json") && !wants("text/htmlx"));
        assert!(!wants_html(&HeaderMap::new()));
    }
}
