use std::fmt;

use http::uri::Authority;

use crate::error::{FailureReason, FlyteError};

/// Where a server is and whether TLS is spoken with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Name or address, an IPv6 address without its brackets.
    pub host: String,
    pub port: u16,
    pub tls: bool,
}

impl Target {
    /// Reads an endpoint as Flyte's configuration writes it: `host:port`, optionally with `dns:///` before it, or as
    /// an `http://` or `https://` URL. A URL's scheme says more than `insecure` and wins; without a port it is the
    /// scheme's usual one, 443 or 80.
    ///
    /// # Errors
    /// [`FailureReason::InvalidEndpoint`] when there is no host, an impossible port, or something after them.
    pub(crate) fn parse(endpoint: &str, insecure: bool) -> Result<Self, FlyteError> {
        let text = endpoint.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => (String::new(), text),
        };
        let tls = match scheme.as_str() {
            "" | "dns" => !insecure,
            "http" => false,
            "https" => true,
            _ => return Err(invalid(endpoint, &format!("\"{scheme}://\" is not a scheme of gRPC"))),
        };
        let rest = if scheme == "dns" { rest.strip_prefix('/').unwrap_or(rest) } else { rest };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.is_empty() {
            return Err(invalid(endpoint, "the host is missing"));
        }
        if rest.contains(['/', '?', '#']) {
            return Err(invalid(endpoint, "nothing may follow the port"));
        }
        if rest.contains('@') {
            return Err(invalid(endpoint, "user names do not belong into it"));
        }
        let authority: Authority = rest.parse().map_err(|error| invalid(endpoint, &format!("{error}")))?;
        let port = match (authority.port(), rest.strip_prefix(authority.host())) {
            (Some(port), _) if port.as_u16() != 0 => port.as_u16(),
            (None, Some("")) if tls => 443,
            (None, Some("")) => 80,
            _ => return Err(invalid(endpoint, "the port is not a number from 1 to 65535")),
        };
        let host = authority.host();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if host.is_empty() {
            return Err(invalid(endpoint, "the host is missing"));
        }
        Ok(Self { host: host.to_owned(), port, tls })
    }

    /// The address as a URL of this scheme.
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{self}")
    }
}

/// `host:port`, with an IPv6 address in brackets.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

fn invalid(endpoint: &str, why: &str) -> FlyteError {
    FlyteError::new(
        FailureReason::InvalidEndpoint,
        format!(
            "\"{endpoint}\" is not an endpoint: {why}. Write it as host:port, such as localhost:30080 or \
             flyte.example.com:443."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(endpoint: &str, insecure: bool) -> (String, bool) {
        let target = Target::parse(endpoint, insecure).unwrap();
        (target.to_string(), target.tls)
    }

    #[test]
    fn endpoints_are_read_as_flyte_writes_them() {
        assert_eq!(target("localhost:30080", true), ("localhost:30080".into(), false));
        assert_eq!(target("dns:///flyte.example.com:8089", false), ("flyte.example.com:8089".into(), true));
        assert_eq!(target("dns://flyte.example.com:8089", false), ("flyte.example.com:8089".into(), true));
        assert_eq!(target(" flyte.example.com ", false), ("flyte.example.com:443".into(), true));
        assert_eq!(target("flyte.example.com", true), ("flyte.example.com:80".into(), false));
        assert_eq!(target("[::1]:8089", true), ("[::1]:8089".into(), false));
    }

    #[test]
    fn the_scheme_of_a_url_wins() {
        assert_eq!(target("http://localhost:30080", false), ("localhost:30080".into(), false));
        assert_eq!(target("HTTPS://flyte.example.com/", true), ("flyte.example.com:443".into(), true));
    }

    #[test]
    fn what_is_no_endpoint_is_refused_by_name() {
        for endpoint in [
            "",
            "  ",
            "dns:///",
            "https://",
            ":80",
            "host:",
            "host:0",
            "host:x",
            "host:70000",
            "ftp://host:1",
            "host:1/path",
            "http://host:1?x",
            "user@host:1",
            "a b:1",
            "http://[::1:80",
        ] {
            let error = Target::parse(endpoint, true).unwrap_err();
            assert_eq!(error.reason, FailureReason::InvalidEndpoint, "{endpoint}");
            assert!(error.message.contains(&format!("\"{endpoint}\"")), "{}", error.message);
        }
    }
}
