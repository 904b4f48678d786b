use super::FailureReason;

/// What is worth telling of an HTTP response that is not gRPC.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// The `server` or `via` header; empty when there is neither.
    pub server: String,
    /// Whether a header that only intermediaries send is there.
    pub via_proxy: bool,
    /// The `location` header; empty when there is none.
    pub location: String,
    /// The start of the body, on one line.
    pub excerpt: String,
}

/// Statuses with which intermediaries answer for a server that they do not reach, or want to be asked first.
const PROXY_STATUSES: [u16; 4] = [407, 502, 503, 504];

/// How a server that speaks TLS answers plain HTTP: nginx and Go's net/http, in this order.
const TLS_WANTED: [&str; 2] =
    ["plain HTTP request was sent to HTTPS port", "HTTP request to an HTTPS server"];

/// Most characters of a foreign text in a message.
const EXCERPT: usize = 200;

impl HttpAnswer {
    /// Reads what there is of headers and body.
    pub(crate) fn new(status: u16, headers: &http::HeaderMap, body: &[u8]) -> Self {
        let text = |name: &str| {
            headers
                .get(name)
                .map_or_else(String::new, |value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let via = text("via");
        let via_proxy = !via.is_empty()
            || headers.keys().any(|name| name.as_str().starts_with("proxy-") || name == "x-squid-error");
        let server = text("server");
        Self {
            status,
            server: if server.is_empty() { via } else { server },
            via_proxy,
            location: text("location"),
            excerpt: excerpt(body),
        }
    }

    /// Reads the head and the start of the body of an HTTP/1 response; `None` when it is not one.
    pub(crate) fn from_http1(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.split("\r\n");
        let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
        let mut headers = http::HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let name = http::HeaderName::from_bytes(name.as_bytes());
            let value = http::HeaderValue::from_bytes(value.trim().as_bytes());
            if let (Ok(name), Ok(value)) = (name, value) {
                headers.insert(name, value);
            }
        }
        Some(Self::new(status, &headers, body.as_bytes()))
    }

    /// What such an answer means.
    pub(super) fn reason(&self) -> FailureReason {
        if TLS_WANTED.iter().any(|text| self.excerpt.contains(text)) {
            FailureReason::TlsPort
        } else if self.status == 401 {
            FailureReason::SignInRequired
        } else if self.via_proxy || PROXY_STATUSES.contains(&self.status) {
            FailureReason::ProxyAnswered
        } else {
            FailureReason::NotGrpc
        }
    }

    /// `HTTP 502 (nginx)`, with where it redirects to.
    pub(super) fn summary(&self) -> String {
        let mut summary = format!("HTTP {}", self.status);
        if !self.server.is_empty() {
            summary = format!("{summary} ({})", self.server);
        }
        if !self.location.is_empty() {
            summary = format!("{summary}, redirecting to {}", self.location);
        }
        summary
    }
}

/// The start of a text on one line.
fn excerpt(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(EXCERPT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(answer: &str) -> FailureReason {
        HttpAnswer::from_http1(answer.as_bytes()).unwrap().reason()
    }

    #[test]
    fn a_status_or_a_header_tells_who_answers() {
        assert_eq!(reason("HTTP/1.1 404 Not Found\r\nServer: gunicorn\r\n\r\n"), FailureReason::NotGrpc);
        assert_eq!(reason("HTTP/1.1 403 Forbidden\r\nVia: 1.1 squid\r\n\r\n"), FailureReason::ProxyAnswered);
        assert_eq!(reason("HTTP/1.0 407 Authenticate\r\n\r\n"), FailureReason::ProxyAnswered);
        assert_eq!(reason("HTTP/1.1 503 Service Unavailable\r\n"), FailureReason::ProxyAnswered);
        assert_eq!(reason("HTTP/1.1 401 Unauthorized\r\n\r\n"), FailureReason::SignInRequired);
        assert_eq!(
            reason("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"),
            FailureReason::TlsPort
        );
    }

    #[test]
    fn a_summary_says_what_matters_of_it() {
        let answer =
            b"HTTP/1.1 302 Found\r\nserver: envoy\r\nlocation: https://sso/login\r\n\r\n<a>\n  log in</a>";
        let answer = HttpAnswer::from_http1(answer).unwrap();
        assert_eq!(answer.summary(), "HTTP 302 (envoy), redirecting to https://sso/login");
        assert_eq!(answer.excerpt, "<a> log in</a>");
    }

    #[test]
    fn what_is_no_answer_of_http_is_none() {
        for bytes in [&b""[..], b"HTTP", b"HTTP/1.1", b"HTTP/1.1 abc\r\n\r\n", b"220 mail\r\n", &[0xff; 40]] {
            assert_eq!(HttpAnswer::from_http1(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn an_excerpt_is_short() {
        let answer = [b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), "ä ".repeat(5_000).into_bytes()].concat();
        assert_eq!(HttpAnswer::from_http1(&answer).unwrap().excerpt.chars().count(), EXCERPT);
    }
}
